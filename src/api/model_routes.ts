import { z } from "zod";
import { MODEL_STATES, type ModelService } from "../core/services.ts";
import { type Route, route } from "./route.ts";
import { distributionSchema } from "./schemas.ts";

const TAG = "models";
const count = z.int().min(0);

const portSchema = z.object({
  name: z.string(),
  type: z.string().describe("its element type, or what it is when it is no tensor"),
  shape: z.array(z.union([z.int(), z.string()])).optional().describe("a text is an open dimension's name"),
});

/** A model for those who look at it. */
const modelSchema = z.object({
  name: z.string().describe("what streams and /predict call it"),
  state: z.enum(MODEL_STATES).describe("unloaded ones come with Weir and are loaded when they are first used"),
  cause: z.string().optional().describe("why it is in that state, where there is a why"),
  declared: z.boolean().describe("kept loaded, because the configuration says so"),
  default: z.boolean().describe("what /predict takes where none is named"),
  builtIn: z.boolean(),
  users: z.array(z.string()).describe("the streams that use it"),
  task: z.enum(["detect", "classify", "embed", "tensor"]).optional(),
  adapter: z.string().optional().describe("what reads its outputs"),
  why: z.array(z.string()).optional().describe("what the adapter went by"),
  file: z.string().optional(),
  bytes: count.optional(),
  sha256: z.string().optional(),
  licence: z.string().optional(),
  version: z.string().optional(),
  input: z.looseObject({ width: count, height: count }).optional().describe("how pictures are laid into its input"),
  inputs: z.array(portSchema).optional(),
  outputs: z.array(portSchema).optional(),
  labels: z.object({ count, first: z.array(z.string()) }).optional(),
  minScore: z.number().optional(),
  iou: z.number().optional(),
  maxDetections: count.optional(),
  device: z.string().optional().describe("what was asked for"),
  provider: z.string().optional().describe("what it runs on"),
  threads: count.optional(),
  maxBatch: count.optional(),
  maxDelayMs: z.number().optional(),
  replicas: z.record(z.string(), count).optional().describe("copies by state"),
  runs: count.optional().describe("of the copies that run now, as are frames and failures"),
  frames: count.optional(),
  failures: count.optional(),
  queueDepth: count.optional().describe("frames that wait for its turn"),
  meanBatch: z.number().optional().describe("frames to a run"),
  inferMs: distributionSchema.optional().describe("of the latest runs"),
}).meta({ id: "Model", description: "What is not known of a model is absent" });

/** The models: what they are, how they run, who uses them. */
export function modelRoutes({ models }: { models: ModelService }): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/models",
      id: "listModels",
      tag: TAG,
      summary: "The models that are loaded, declared or built in",
      role: "viewer",
      answers: { 200: { description: "The models", schema: z.object({ models: z.array(modelSchema) }) } },
      handle: async () => ({ models: await models.list() }),
    }),
    route({
      method: "GET",
      path: "/api/v1/models/{name}",
      id: "getModel",
      tag: TAG,
      summary: "One model",
      role: "viewer",
      params: z.strictObject({ name: z.string().min(1).max(255).describe("the model's name") }),
      answers: { 200: { description: "The model", schema: modelSchema } },
      problems: ["not_found"],
      handle: ({ params: { name } }) => models.get(name),
    }),
  ];
}

import { z } from "zod";
import { nameSchema } from "./schema.ts";
import { inferenceSchema } from "./server_schema.ts";

const { replicas, threads, device, maxBatch, maxDelayMs } = inferenceSchema.shape;

/** A model that is kept loaded. What is not said is as `inference` says. */
export const modelSchema = z.strictObject({
  model: z.string().min(1).describe("A file, or the name of a model that was added (or name@version) or is built in"),
  name: nameSchema.optional().describe("What streams and requests call it; default the model's own name"),
  replicas: replicas.describe("Copies, each in a thread of its own"),
  threads: threads.describe("Threads of each copy"),
  device: device.unwrap().optional().describe("Where it runs"),
  maxBatch: maxBatch.unwrap().optional().describe("Largest batch"),
  maxDelayMs: maxDelayMs.unwrap().optional().describe("How long a frame may wait for company in a batch"),
});

/** The models that are kept loaded; no two are called alike. */
export const modelsSchema = z.array(modelSchema).max(64).superRefine((models, context) => {
  const seen = new Map<string, number>();
  models.forEach(({ model, name }, index) => {
    const called = name ?? model;
    const first = seen.get(called);
    if (first === undefined) return seen.set(called, index);
    context.addIssue({
      code: "custom",
      path: [index, name === undefined ? "model" : "name"],
      message: `models[${first}] is called ${called} already`,
    });
  });
});

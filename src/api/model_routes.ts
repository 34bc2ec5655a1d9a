import { z } from "zod";
import type { ModelRegistryService, ModelUpload } from "../core/model_registry.ts";
import type { ModelService, ModelView } from "../core/services.ts";
import { readBytes } from "./bounded_body.ts";
import { faultsOf } from "./faults.ts";
import { parseJson } from "./json.ts";
import { inspectionSchema, modelChangeSchema, modelSchema, zooRequestSchema, zooSchema } from "./model_schemas.ts";
import { fieldText, multipart } from "./multipart.ts";
import { Problem } from "./problem.ts";
import { type Route, route } from "./route.ts";

/** What the routes of models stand on. */
export interface ModelRoutesOptions {
  models: ModelService;
  registry: ModelRegistryService;
  /** Largest model. */
  modelBytes: number;
}

const TAG = "models";
const FORM = "multipart/form-data";
const JSON_TYPE = "application/json";
const FIELD_BYTES = 1024 * 1024;
const REQUEST_BYTES = 64 * 1024;
const REQUEST_MS = 30_000;

const params = z.strictObject({
  name: z.string().min(1).max(255).describe("the model's name; name@version is one version of it"),
});
const formSchema = z.object({
  file: z.file().describe("the ONNX file"),
  name: z.string().optional().describe("what it is to be called; default the file's name"),
  version: z.string().optional().describe("default the lowest whole number that is free"),
  manifest: z.string().optional().describe("JSON: what is said of the file over what is recognised in it"),
  activate: z.enum(["true", "false"]).optional().describe("makes it the active version at once"),
});
const fieldsSchema = z.strictObject({
  name: z.string().min(1).max(63).optional(),
  version: z.string().min(1).max(32).optional(),
  manifest: z.unknown().optional(),
  activate: z.enum(["true", "false"]).transform((text) => text === "true").optional(),
});

type Fields = z.infer<typeof fieldsSchema>;

/** The models: what they are, how they run, who uses them; and those that people bring. */
export function modelRoutes({ models, registry, modelBytes }: ModelRoutesOptions): Route[] {
  const form = { media: [FORM], maxBytes: modelBytes + FIELD_BYTES, schema: formSchema };
  return [
    route({
      method: "GET",
      path: "/api/v1/models",
      id: "listModels",
      tag: TAG,
      summary: "The models that are loaded, declared, added or built in",
      role: "viewer",
      answers: { 200: { description: "The models", schema: z.object({ models: z.array(modelSchema) }) } },
      handle: async () => ({ models: await models.list() }),
    }),
    route({
      method: "POST",
      path: "/api/v1/models",
      id: "addModel",
      tag: TAG,
      summary: "Add a model, or a version of one",
      description:
        "A form with the ONNX file as `file`; or JSON that names a model of the zoo, which is fetched then: the answer " +
        "comes at once, and the model's own view tells how far it is. A file is checked and tried before anything is " +
        "kept. A model's first version is active; others become so by `activate`, or later by PATCH.",
      role: "admin",
      body: { ...form, media: [FORM, JSON_TYPE], schema: z.union([formSchema, zooRequestSchema]) },
      answers: {
        201: { description: "The model with its new version", schema: modelSchema },
        200: { description: "The model; this very version was there already", schema: modelSchema },
        202: { description: "The model; it is being fetched", schema: modelSchema },
      },
      problems: ["not_found", "conflict", "invalid", "unavailable"],
      async handle({ request }) {
        if (request.headers.get("content-type")!.toLowerCase().startsWith(JSON_TYPE)) {
          const model = await registry.pull(await zooRequest(request));
          return answer(model, model.download ? 202 : 200);
        }
        await using taken = await uploadOf(request, { registry, modelBytes });
        const { model, created } = await taken.upload.add(taken.fields);
        return answer(model, created ? 201 : 200);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/models/inspect",
      id: "inspectModel",
      tag: TAG,
      summary: "What a file would be as a model",
      description: "A form as for adding it. What is recognised is told, and nothing is kept.",
      role: "operator",
      body: form,
      answers: { 200: { description: "What it is, or why it cannot be used", schema: inspectionSchema } },
      problems: ["invalid", "unavailable"],
      async handle({ request }) {
        await using taken = await uploadOf(request, { registry, modelBytes });
        return await taken.upload.inspect(taken.fields.manifest);
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/models/{name}",
      id: "getModel",
      tag: TAG,
      summary: "One model",
      role: "viewer",
      params,
      answers: { 200: { description: "The model", schema: modelSchema } },
      problems: ["not_found"],
      handle: ({ params: { name } }) => models.get(name),
    }),
    route({
      method: "PATCH",
      path: "/api/v1/models/{name}",
      id: "patchModel",
      tag: TAG,
      summary: "Switch versions, try one beside the other, or change thresholds and labels",
      description:
        "Streams that use the model go over while they run, their sources connected. A version that cannot be loaded " +
        "changes nothing. Going back is making the former version active again.",
      role: "operator",
      params,
      body: modelChangeSchema,
      answers: { 200: { description: "The model as it is now", schema: modelSchema } },
      problems: ["not_found", "conflict"],
      handle: ({ params: { name }, body }) => registry.patch(name, body),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/models/{name}",
      id: "deleteModel",
      tag: TAG,
      summary: "Forget a model, or one version of it",
      description: "Refused while a stream uses it. Ends its download where there is one.",
      role: "admin",
      params,
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "conflict"],
      handle: ({ params: { name } }) => registry.remove(name),
    }),
    route({
      method: "GET",
      path: "/api/v1/zoo",
      id: "listZoo",
      tag: TAG,
      summary: "Well-known public models that can be fetched by name",
      role: "viewer",
      answers: { 200: { description: "The zoo", schema: z.object({ models: z.array(zooSchema) }) } },
      handle: async () => ({ models: await registry.zoo() }),
    }),
  ];
}

function answer(model: ModelView, status: number): Response {
  return Response.json(model, { status, headers: { location: `/api/v1/models/${encodeURIComponent(model.name)}` } });
}

async function zooRequest(request: Request): Promise<z.infer<typeof zooRequestSchema>> {
  const value = parseJson(await readBytes(request, { maxBytes: REQUEST_BYTES, withinMs: REQUEST_MS }));
  const parsed = zooRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem("invalid", "The body does not fit", { faults: faultsOf(parsed.error, value) });
}

/** The form's file, on the disk but not in the registry, and what else it says. */
async function uploadOf(
  request: Request,
  { registry, modelBytes }: Pick<ModelRoutesOptions, "registry" | "modelBytes">,
): Promise<AsyncDisposable & { upload: ModelUpload; fields: Fields }> {
  await using stack = new AsyncDisposableStack();
  const fields: Record<string, unknown> = {};
  let upload: ModelUpload | undefined;
  if (!request.body) throw misfit("file", "is missing");
  for await (const part of multipart(request.body, request.headers.get("content-type")!)) {
    const { name, filename, body } = part;
    if (name === "file") {
      if (upload) throw misfit("file", "is there twice; one model is taken at a time");
      upload = stack.use(await registry.receive(filename || "model.onnx"));
      let size = 0;
      for await (const piece of body) {
        size += piece.length;
        if (size > modelBytes) {
          throw new Problem("too_large", `The model has more than the ${modelBytes} bytes that are taken here`);
        }
        await upload.write(piece);
      }
    } else if (!Object.hasOwn(fieldsSchema.shape, name)) {
      throw misfit(name.slice(0, 80), "is not known here");
    } else {
      const text = await fieldText(part, FIELD_BYTES);
      fields[name] = name === "manifest" ? parseJson(new TextEncoder().encode(text)) : text;
    }
  }
  if (!upload) throw misfit("file", "is missing");
  const parsed = fieldsSchema.safeParse(fields);
  if (!parsed.success) {
    throw new Problem("invalid", "The form does not fit", { faults: faultsOf(parsed.error, fields) });
  }
  const kept = stack.move();
  return { upload, fields: parsed.data, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function misfit(path: string, message: string): Problem {
  return new Problem("invalid", "The form does not fit", { faults: [{ path, message }] });
}

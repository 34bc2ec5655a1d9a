import { z } from "zod";
import { IMAGE_TYPES } from "../core/image_types.ts";
import { ServiceError } from "../core/service_error.ts";
import type { SignalService } from "../core/signals.ts";
import type { Prediction, PredictModel, PredictService } from "../core/services.ts";
import { formProblem, formSchema, type Image, imageSchema, imagesSchema, predictBody } from "./predict_body.ts";
import { type PredictFields, sessionId, topK } from "./predict_body.ts";
import { answerSignal, jsonOrSignal, signalAnswerSchema, signalSchema } from "./predict_signal.ts";
import { Problem } from "./problem.ts";
import { type Answer, type Route, route, type WholeBody } from "./route.ts";

/** What the routes of single images stand on. */
export interface PredictRoutesOptions {
  predict: PredictService;
  signals: SignalService;
  /** Largest image. */
  imageBytes: number;
}

const TAG = "predict";
const FORM = "multipart/form-data";
const JSON_TYPE = "application/json";
/** What stands around the images in a form, or in JSON. */
const FRAME_BYTES = 64 * 1024;
/** Base64 has four letters for three bytes. */
const BASE64 = 4 / 3;
const BATCH_IMAGES = 64;
const UPLOAD_MS = 30_000;
/** A batch may hold so many of the largest images. */
const BATCH_SIZE = 4;
/** So many images of a batch are under way at once. */
const BATCH_PLACES = 4;
const PROBLEMS = ["not_found", "conflict", "overloaded", "unavailable", "timeout"] as const;

const ms = z.number().describe("milliseconds");
const query = z.strictObject({
  model: z.string().min(1).max(255).optional().describe("the model; else the default one, else the only one loaded"),
  minScore: z.coerce.number().min(0).max(1).optional().describe(
    "what scores lower is left out; default the model's own",
  ),
  topK: z.coerce.number().pipe(topK).optional(),
  session_id: sessionId.optional(),
});

const predictionSchema = z.object({
  model: z.string(),
  version: z.string().optional().describe("of the model, where it has versions"),
  session_id: z.string().optional().describe("as it was sent"),
  predictions: z.union([
    z.array(z.looseObject({ label: z.string(), score: z.number() })),
    z.array(z.number()),
    z.record(z.string(), z.looseObject({})),
  ]).describe(
    "what the model's task is after: detections; classes, the likeliest first; of heads by name `category`, `level`, " +
      "`confidence` and `probabilities`; a feature vector; or bare tensors by name",
  ),
  has_person: z.boolean().optional().describe("whether somebody is to be seen, of models that know the label person"),
  processing_time_ms: ms,
  cached: z.boolean().describe("the model did not run: this is its answer to an image nearly the same"),
  notice: z.string().optional().describe("what the model's maker wants said wherever this is shown"),
  frame: z.object({ width: z.int(), height: z.int() }).describe("the image's size, upright"),
  outputs: z.record(z.string(), z.looseObject({ model: z.string() })).describe("by task, in the shape of results"),
  timings: z.object({ decodeMs: ms, queueMs: ms, prepareMs: ms, inferMs: ms, postMs: ms }),
}).meta({ id: "Prediction" });

const failureSchema = z.object({
  error: z.object({ code: z.string().describe("that of a problem"), message: z.string() }),
}).meta({ id: "PredictionFailure", description: "Why an image of a batch gave nothing" });

const batchSchema = z.object({
  results: z.array(z.union([predictionSchema, failureSchema])),
  session_id: z.string().optional().describe("as it was sent"),
  processing_time_ms: ms.describe("of the batch as a whole, milliseconds"),
});

/** Single images, through the models and queues that the streams have. */
export function predictRoutes({ predict, signals, imageBytes }: PredictRoutesOptions): Route[] {
  const answer = (description: string, schema: z.ZodType): Record<number, Answer> => ({ 200: { description, schema } });
  const severalSchema = imagesSchema(BATCH_IMAGES);
  const most = (images: number) => Math.ceil(images * imageBytes * BASE64) + FRAME_BYTES;
  return [
    route<unknown, Query, WholeBody>({
      method: "POST",
      path: "/predict",
      id: "predict",
      tag: TAG,
      summary: "What a model says of an image, or a heart rate out of a signal",
      description:
        "The body is the image itself, a JPEG, PNG, WebP, BMP or GIF (its first frame); or a form with the image as " +
        "`file`; or JSON with it as base64. An EXIF orientation is honoured. What the body says counts more than the " +
        "query. The image waits in the queue that the cameras wait in, and callers take turns; where it could not be " +
        "answered in time, 429 says when to try again. JSON that is an array, or has a `signal`, is no image but the mean " +
        "colours of skin over time, out of which a heart rate is read.",
      role: "viewer",
      query,
      body: {
        media: [...IMAGE_TYPES, FORM, JSON_TYPE],
        maxBytes: most(1),
        wholeWithinMs: UPLOAD_MS,
        schema: formSchema(z.file()),
        json: z.union([imageSchema, signalSchema]).meta({ examples: imageSchema.meta()?.examples }),
      },
      answers: answer("What the model says", z.union([predictionSchema, signalAnswerSchema])),
      problems: [...PROBLEMS, "undecodable"],
      async handle({ query, body, request, caller, signal }) {
        using places = predict.open(caller.id, 1);
        const form = { type: typeOf(request), json: imageSchema, read: jsonOrSignal };
        const { images, fields, signal: sent } = predictBody(await body(), form);
        if (sent) return await answerSignal(sent, { signals, query, signal });
        if (images.length !== 1) throw formProblem("file", `there are ${images.length}, and one image is taken here`);
        const said = merged(query, fields);
        const model = await places.use(said.model);
        const prediction = await run(model, images[0], { said, imageBytes, signal });
        return { ...session(said), ...prediction };
      },
    }),
    route<unknown, Query, WholeBody>({
      method: "POST",
      path: "/predict/batch",
      id: "predictBatch",
      tag: TAG,
      summary: "What a model says of several images",
      description:
        `A form with up to ${BATCH_IMAGES} images, each as \`file\`, or JSON with them as base64. There is one answer ` +
        "for each, in their order; an image that cannot be used fails alone.",
      role: "viewer",
      query,
      body: {
        media: [FORM, JSON_TYPE],
        maxBytes: most(BATCH_SIZE),
        wholeWithinMs: UPLOAD_MS,
        schema: formSchema(z.array(z.file()).min(1).max(BATCH_IMAGES)),
        json: severalSchema,
      },
      answers: answer("What the model says of each", batchSchema),
      problems: PROBLEMS,
      async handle({ query, body, request, caller, signal }) {
        using places = predict.open(caller.id, BATCH_PLACES);
        const { images, fields } = predictBody(await body(), { type: typeOf(request), json: severalSchema });
        if (images.length === 0 || images.length > BATCH_IMAGES) {
          throw formProblem("file", `there are ${images.length}, and 1 to ${BATCH_IMAGES} images are taken here`);
        }
        const beganAt = performance.now();
        const said = merged(query, fields);
        const model = await places.use(said.model);
        const each = (image: Image | Problem) => settled(() => run(model, owned(image), { said, imageBytes, signal }));
        const results = await inLanes(images, places.count, each);
        const took = Math.round((performance.now() - beganAt) * 1000) / 1000;
        return { results, ...session(said), processing_time_ms: took };
      },
    }),
  ];
}

function typeOf({ headers }: Request): string {
  return headers.get("content-type")!;
}

type Failure = z.input<typeof failureSchema>;
type Query = z.output<typeof query>;

function merged({ model, minScore: min_score, topK: top_k, session_id }: Query, fields: PredictFields): PredictFields {
  return { model, min_score, top_k, session_id, ...fields };
}

function session({ session_id }: PredictFields): { session_id?: string } {
  return session_id === undefined ? {} : { session_id };
}

async function run(model: PredictModel, image: Image | Problem, { said, imageBytes, signal }: {
  said: PredictFields;
  imageBytes: number;
  signal: AbortSignal;
}): Promise<Prediction> {
  if (image instanceof Problem) throw image;
  if (image.length > imageBytes) {
    throw new ServiceError("too_large", `The image has ${image.length} bytes; this server takes ${imageBytes}`);
  }
  return await model.run({ image, minScore: said.min_score, topK: said.top_k, session: said.session_id }, signal);
}

/** An image moves to another thread with all of its buffer, which others of its form may lie in. */
function owned(image: Image | Problem): Image | Problem {
  return image instanceof Problem || image.length === image.buffer.byteLength ? image : image.slice();
}

/** Several at a time, answered in their order. */
async function inLanes<T, R>(items: readonly T[], count: number, run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await run(items[at]);
  };
  const lanes = Array.from({ length: Math.min(count, items.length) }, () =>
    lane().catch((error) => {
      next = items.length;
      throw error;
    }));
  // Places are not given back while one of them is in use.
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return results;
}

async function settled(run: () => Promise<Prediction>): Promise<Prediction | Failure> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError || error instanceof Problem)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

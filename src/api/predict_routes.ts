import { z } from "zod";
import { ServiceError } from "../core/service_error.ts";
import type { Prediction, PredictPlaces, PredictService } from "../core/services.ts";
import { readBytes } from "./bounded_body.ts";
import { Problem } from "./problem.ts";
import { type Answer, type Route, route } from "./route.ts";

/** What the routes of single images stand on. */
export interface PredictRoutesOptions {
  predict: PredictService;
  /** Largest image. */
  imageBytes: number;
}

const TAG = "predict";
const FORM = "multipart/form-data";
const IMAGES = ["image/jpeg", "image/png", "image/webp"];
/** What a form says around its files. */
const FORM_BYTES = 64 * 1024;
const BATCH_IMAGES = 64;
/** A batch may hold so many of the largest images. */
const BATCH_SIZE = 4;
/** So many images of a batch are under way at once. */
const BATCH_PLACES = 4;
const UPLOAD_MS = 30_000;
const PROBLEMS = ["not_found", "conflict", "unavailable", "timeout"] as const;

const ms = z.number().describe("milliseconds");
const query = z.strictObject({
  model: z.string().min(1).max(255).optional().describe("the model; else the default one, else the only one loaded"),
  minScore: z.coerce.number().min(0).max(1).optional().describe(
    "what scores lower is left out; default the model's own",
  ),
});

const predictionSchema = z.object({
  model: z.string(),
  frame: z.object({ width: z.int(), height: z.int() }).describe("the image's size, upright"),
  outputs: z.record(z.string(), z.looseObject({ model: z.string() })).describe("by task, in the shape of results"),
  timings: z.object({ decodeMs: ms, queueMs: ms, prepareMs: ms, inferMs: ms, postMs: ms }),
}).meta({ id: "Prediction" });

const failureSchema = z.object({
  error: z.object({ code: z.string().describe("that of a problem"), message: z.string() }),
}).meta({ id: "PredictionFailure", description: "Why an image of a batch gave nothing" });

/** Single images, through the models and queues that the streams have. */
export function predictRoutes({ predict, imageBytes }: PredictRoutesOptions): Route[] {
  const answer = (description: string, schema: z.ZodType): Record<number, Answer> => ({ 200: { description, schema } });
  return [
    route({
      method: "POST",
      path: "/predict",
      id: "predict",
      tag: TAG,
      summary: "What a model says of an image",
      description:
        "The body is the image itself, a JPEG, PNG or WebP, or a form with the image as `file`. An EXIF orientation is " +
        "honoured. The image waits in the queue that the cameras wait in; where there is no place in it, 503 says when " +
        "to try again.",
      role: "viewer",
      query,
      body: { media: [...IMAGES, FORM], maxBytes: imageBytes + FORM_BYTES, schema: z.object({ file: z.file() }) },
      answers: answer("What the model says", predictionSchema),
      problems: [...PROBLEMS, "undecodable"],
      async handle({ query: { model, minScore }, request, signal }) {
        using places = await predict.open(model, 1);
        const maxBytes = imageBytes + FORM_BYTES;
        const images = await imagesOf(request, maxBytes);
        if (images.length !== 1) throw formProblem(`there are ${images.length}, and one image is taken here`);
        return await places.run({ image: checked(images[0], imageBytes), minScore }, signal);
      },
    }),
    route({
      method: "POST",
      path: "/predict/batch",
      id: "predictBatch",
      tag: TAG,
      summary: "What a model says of several images",
      description:
        `A form with up to ${BATCH_IMAGES} images, each as \`file\`. There is one answer for each, in their ` +
        "order; an image that cannot be used fails alone.",
      role: "viewer",
      query,
      body: {
        media: [FORM],
        maxBytes: BATCH_SIZE * imageBytes + FORM_BYTES,
        schema: z.object({ file: z.array(z.file()).min(1).max(BATCH_IMAGES) }),
      },
      answers: answer(
        "What the model says of each",
        z.object({ results: z.array(z.union([predictionSchema, failureSchema])) }),
      ),
      problems: PROBLEMS,
      async handle({ query: { model, minScore }, request, signal }) {
        using places = await predict.open(model, BATCH_PLACES);
        const images = await imagesOf(request, BATCH_SIZE * imageBytes + FORM_BYTES);
        if (images.length === 0 || images.length > BATCH_IMAGES) {
          throw formProblem(`there are ${images.length}, and 1 to ${BATCH_IMAGES} images are taken here`);
        }
        const run = (image: Image) =>
          settled(() => places.run({ image: checked(image, imageBytes), minScore }, signal));
        return { results: await inLanes(images, places, run) };
      },
    }),
  ];
}

type Image = Uint8Array<ArrayBuffer>;
type Failure = z.input<typeof failureSchema>;

/** The body's images; all of it must come within the time of an upload. */
async function imagesOf(request: Request, maxBytes: number): Promise<Image[]> {
  const type = request.headers.get("content-type")!;
  const bytes = await readBytes(request, { maxBytes, withinMs: UPLOAD_MS }) as Image;
  if (!type.toLowerCase().startsWith(FORM)) return [bytes];
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch (error) {
    throw new Problem("malformed", `The form cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return await Promise.all([...form].map(([name, value]) => {
    if (name !== "file") throw formProblem("is where images go; nothing else is understood in this form");
    if (typeof value === "string") throw formProblem("must be a file: a part with a filename");
    return value.bytes() as Promise<Image>;
  }));
}

function formProblem(message: string): Problem {
  return new Problem("invalid", "The form does not fit", { faults: [{ path: "file", message }] });
}

function checked(image: Image, imageBytes: number): Image {
  if (image.length <= imageBytes) return image;
  throw new ServiceError("too_large", `The image has ${image.length} bytes; this server takes ${imageBytes}`);
}

/** Several at a time, answered in their order. */
async function inLanes<R>(images: readonly Image[], { count }: PredictPlaces, run: (image: Image) => Promise<R>) {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < images.length; at = next++) results[at] = await run(images[at]);
  };
  const lanes = Array.from({ length: Math.min(count, images.length) }, () =>
    lane().catch((error) => {
      next = images.length;
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
    if (!(error instanceof ServiceError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

import { z } from "zod";
import { faultsOf } from "./faults.ts";
import { formParts } from "./form_parts.ts";
import { parseJson } from "./json.ts";
import type { SignalBody } from "./predict_signal.ts";
import { Problem } from "./problem.ts";

/** An image's bytes. */
export type Image = Uint8Array<ArrayBuffer>;

/** What a body may say besides its images. */
export interface PredictFields {
  session_id?: string;
  model?: string;
  min_score?: number;
  top_k?: number;
}

/** A body, read: an image that could not be is the reason why. Several may be views of one buffer. */
export interface PredictBody {
  images: (Image | Problem)[];
  fields: PredictFields;
  /** It is no image at all. */
  signal?: SignalBody;
}

/** What a form's parts of a field are called. */
const FILES: ReadonlySet<string> = new Set(["file", "image"]);
const DECODER = new TextDecoder();
const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** A session's name, as its client chose it. */
export const sessionId = z.string().min(1).max(255).describe(
  "whose image it is, as the client calls it: the answer carries it again",
);
/** The most classes or detections. */
export const topK = z.int().min(1).max(1000).describe("the most classes, or detections, in an answer; the best stay");
const score = z.number().min(0).max(1).describe("what scores lower is left out; default the model's own");
const model = z.string().min(1).max(255).describe("the model; else the default one, else the only one loaded");

const fields = {
  session_id: sessionId.optional(),
  model: model.optional(),
  min_score: score.optional(),
  top_k: topK.optional(),
};

/** An image as text. */
const text = z.string().min(1).describe("a JPEG, PNG, WebP, BMP or GIF in base64, or as a data URL");

/** One image in JSON. */
export const imageSchema = z.strictObject({ image: text, ...fields }).meta({
  id: "PredictRequest",
  // A GIF of one pixel.
  examples: [{ image: "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==", session_id: "desk-7", top_k: 3 }],
});

/** Several images in JSON. */
export const imagesSchema = (most: number) =>
  z.strictObject({ images: z.array(text).min(1).max(most), ...fields }).meta({ id: "PredictBatchRequest" });

/** The text parts of a form say numbers in digits. */
const formFields = z.strictObject({
  ...fields,
  min_score: z.coerce.number().min(0).max(1).optional(),
  top_k: z.coerce.number().int().min(1).max(1000).optional(),
});

/** What a form with one image, or several, holds; for the document. */
export const formSchema = (file: z.ZodType) => z.object({ file, ...fields });

/** Takes a body apart: an image itself, a form, or JSON as `json` has it. */
export function predictBody(
  bytes: Image,
  { type, json, read = (bytes) => ({ value: parseJson(bytes) }) }: {
    type: string;
    json: z.ZodType<PredictFields & { image?: string; images?: string[] }>;
    /** Reads the JSON where it may be a signal as well. */
    read?(bytes: Image): { value: unknown } | { signal: SignalBody };
  },
): PredictBody {
  const essence = type.split(";", 1)[0].trim().toLowerCase();
  if (essence === "multipart/form-data") return formBody(bytes, type);
  if (essence !== "application/json") return { images: [bytes], fields: {} };
  const said = read(bytes);
  if ("signal" in said) return { images: [], fields: {}, signal: said.signal };
  const { value } = said;
  const parsed = json.safeParse(value);
  if (!parsed.success) throw new Problem("invalid", "The body does not fit", { faults: faultsOf(parsed.error, value) });
  const { image, images = [image!], ...rest } = parsed.data;
  return { images: images.map(imageOf), fields: rest };
}

function formBody(bytes: Image, type: string): PredictBody {
  const images: Image[] = [];
  const said: Record<string, string> = Object.create(null);
  for (const { name, filename, bytes: content } of formParts(bytes, type)) {
    if (!FILES.has(name)) {
      if (filename !== undefined || Object.hasOwn(said, name)) {
        throw formProblem(name, "is not a field that this form has once");
      }
      said[name] = DECODER.decode(content);
    } else if (filename === undefined) throw formProblem(name, "must be a file: a part with a filename");
    else images.push(content);
  }
  const parsed = formFields.safeParse(said);
  if (!parsed.success) throw new Problem("invalid", "The form does not fit", { faults: faultsOf(parsed.error, said) });
  return { images, fields: parsed.data };
}

/** A fault of a form. */
export function formProblem(path: string, message: string): Problem {
  return new Problem("invalid", "The form does not fit", { faults: [{ path, message }] });
}

function imageOf(text: string): Image | Problem {
  const [prefix = ""] = DATA_URL.exec(text) ?? [];
  const base64 = text.slice(prefix.length);
  try {
    return Uint8Array.fromBase64(base64, { alphabet: /[-_]/.test(base64) ? "base64url" : "base64" });
  } catch (cause) {
    const message = prefix === "" && /^data:/i.test(text) ? "The data URL is not base64" : "The image is no base64";
    return new Problem("undecodable", message, { cause });
  }
}

import { z } from "zod";
import type { FieldFault } from "../core/service_error.ts";
import { SIGNAL_METHODS, type SignalRequest, type SignalService } from "../core/signals.ts";
import { faultsOf } from "./faults.ts";
import { parseJson } from "./json.ts";
import { sessionId } from "./predict_body.ts";
import { Problem } from "./problem.ts";

/** A body that is a signal, as it came, or what keeps it from being one. */
export type SignalBody = { value: unknown } | { broken: Problem };

/** The rate at which a bare array was measured, and the usual half minute of it. */
const FPS = 30, ROWS = 900;
const ROWS_MAX = 18_000;
/** Below this confidence no rate is told, as in streams. */
const LEAST_CONFIDENCE = 0.7;
const FAULTS_MAX = 5;

const row = z.array(z.number()).length(3);
const rows = z.array(row).min(2).max(ROWS_MAX).describe(
  "mean red, green and blue of skin in every frame, 0 to 255 or 0 to 1, or without their means; the last 30 s count",
);
/** What a signal's object holds besides its numbers, which are looked at one by one. */
const fieldsSchema = z.strictObject({
  fps: z.number().min(1).max(1000).optional().describe(
    `samples a second; default ${FPS}, where there are no timestamps`,
  ),
  method: z.enum(SIGNAL_METHODS).default("auto").describe(
    "auto asks the network weir-pulse where there are 30 s, and POS else; of a finger on the lens, the best channel",
  ),
  model: z.literal("weir-pulse").optional().describe("the same as the method network"),
  min_confidence: z.number().min(0).max(1).default(LEAST_CONFIDENCE).describe("below this no rate is told"),
  session_id: sessionId.optional(),
});

/** A signal in JSON: bare, or with when and how. */
export const signalSchema = z.union([
  rows.meta({ id: "PredictSignalRows", description: `Colours at ${FPS} frames a second, usually ${ROWS} of them` }),
  fieldsSchema.partial().extend({
    signal: rows,
    timestamps: z.array(z.number()).min(2).max(ROWS_MAX).optional().describe("when each was, seconds, rising; or fps"),
  }).meta({ id: "PredictSignalRequest" }),
]);

/** What is answered to a signal. */
export const signalAnswerSchema = z.object({
  model: z.string().optional().describe("the network, where it was asked"),
  session_id: z.string().optional().describe("as it was sent"),
  heart_rate_bpm: z.number().nullable().describe("beats a minute; null where the confidence is too low"),
  confidence: z.number().describe("how likely the rate is to be within 5 BPM, 0 to 1"),
  interval: z.tuple([z.number(), z.number()]).nullable().describe("it lies between these nine times in ten"),
  processing_time_ms: z.number().describe("milliseconds"),
  method: z.enum(SIGNAL_METHODS).exclude(["auto"]),
  snr_db: z.number().nullable().describe("the rate's power over the rest of the band, decibels"),
  window_s: z.number().describe("how much of the signal was looked at, seconds"),
  reasons: z.array(z.string()).describe(
    "what speaks against trusting it: tooShort, lowRate, dark, clipped, motion, weak",
  ),
  notice: z.string(),
}).meta({ id: "SignalPrediction", description: "A heart rate, and how far it can be trusted; not a medical device" });

/** What JSON says, and whether that is a signal; NaN, which is no JSON but is sent as such, says so of one. */
export function jsonOrSignal(bytes: Uint8Array): { value: unknown } | { signal: SignalBody } {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    const broken = notFinite(bytes);
    if (broken) return { signal: { broken } };
    throw error;
  }
  const signal = Array.isArray(value) || (typeof value === "object" && value !== null && "signal" in value);
  return signal ? { signal: { value } } : { value };
}

/** Reads a signal and answers it. */
export async function answerSignal(
  body: SignalBody,
  { signals, query, signal }: {
    signals: SignalService;
    query: { model?: string; session_id?: string };
    signal: AbortSignal;
  },
): Promise<z.input<typeof signalAnswerSchema>> {
  let session = query.session_id;
  const prediction = await signals.run(() => {
    if ("broken" in body) throw body.broken;
    const { session_id = session, ...request } = signalOf(body.value, query.model);
    session = session_id;
    return request;
  }, signal);
  const { model, ...rest } = prediction;
  return { ...(model !== undefined && { model }), ...(session !== undefined && { session_id: session }), ...rest };
}

function signalOf(value: unknown, asked: string | undefined): SignalRequest & { session_id?: string } {
  const { signal, timestamps, ...others } = Array.isArray(value)
    ? { signal: value } as { signal: unknown; timestamps?: unknown }
    : value as { signal: unknown; timestamps?: unknown };
  const fields = fieldsSchema.safeParse(others);
  if (!fields.success) throw unfit(faultsOf(fields.error, others));
  const { fps, method, model = asked, min_confidence, session_id } = fields.data;
  const faults: FieldFault[] = [];
  if (model !== undefined && model !== "weir-pulse") {
    faults.push({ path: "model", message: `${model} takes no signals: weir-pulse does` });
  }
  if (model !== undefined && method !== "auto" && method !== "network") {
    faults.push({ path: "method", message: `${method} is none of weir-pulse's: name a model or a method` });
  }
  if (fps !== undefined && timestamps !== undefined) {
    faults.push({ path: "fps", message: "is said by the timestamps already: send one of both" });
  }
  const channels = channelsOf(signal, Array.isArray(value) ? "" : "signal", faults);
  const times = timestamps === undefined
    ? Float64Array.from({ length: channels[0].length }, (_, i) => i / (fps ?? FPS))
    : timesOf(timestamps, channels[0].length, faults);
  if (faults.length > 0) throw unfit(faults);
  return {
    times,
    channels,
    method: model === undefined ? method : "network",
    minConfidence: min_confidence,
    ...(session_id !== undefined && { session_id }),
  };
}

function channelsOf(value: unknown, path: string, faults: FieldFault[]): SignalRequest["channels"] {
  const shape = shapeFault(value);
  if (shape !== undefined) {
    faults.push({ path, message: shape });
    return [new Float64Array(), new Float64Array(), new Float64Array()];
  }
  const list = value as unknown[][];
  const channels: SignalRequest["channels"] = [0, 1, 2].map(() => new Float64Array(list.length)) as never;
  let wrong = 0;
  const fault = (at: readonly number[], message: string) => {
    if (++wrong <= FAULTS_MAX) faults.push({ path: [...path ? [path] : [], ...at].join("."), message });
  };
  list.forEach((row, i) => {
    if (!Array.isArray(row) || row.length !== 3) return fault([i], `is ${kindOf(row)}, not [red, green, blue]`);
    row.forEach((number, channel) => {
      if (typeof number !== "number" || !Number.isFinite(number)) {
        fault([i, channel], `is ${kindOf(number)}, no number`);
      } else channels[channel][i] = number;
    });
  });
  if (wrong > FAULTS_MAX) faults.push({ path, message: `and ${wrong - FAULTS_MAX} more` });
  return channels;
}

/** What is wrong with it as a whole. */
function shapeFault(value: unknown): string | undefined {
  const wanted = "a row [red, green, blue] for every frame is wanted, as 900×3 is for 30 s";
  if (!Array.isArray(value)) return `is ${kindOf(value)}: ${wanted}`;
  if (value.length > ROWS_MAX) return `has ${value.length} rows: ${ROWS_MAX} are the most`;
  const shape: number[] = [];
  for (let one: unknown = value; Array.isArray(one) && shape.length < 5; one = one[0]) shape.push(one.length);
  if (shape.length === 2 && shape[1] === 3 && shape[0] >= 2) return undefined;
  const turned = shape.length === 2 && shape[0] === 3 ? "it has to be turned: " : "";
  return `is ${shape.join("×")}: ${turned}${wanted}`;
}

function timesOf(value: unknown, count: number, faults: FieldFault[]): Float64Array<ArrayBuffer> {
  const fault = (path: string, message: string) => {
    faults.push({ path, message });
    return new Float64Array();
  };
  if (!Array.isArray(value)) return fault("timestamps", `is ${kindOf(value)}, not a list of seconds`);
  if (value.length !== count) return fault("timestamps", `are ${value.length}, and the signal has ${count} rows`);
  const times = new Float64Array(count);
  for (const [i, time] of value.entries()) {
    if (typeof time !== "number" || !Number.isFinite(time)) {
      return fault(`timestamps.${i}`, `is ${kindOf(time)}, no number`);
    }
    if (i > 0 && time <= times[i - 1]) return fault(`timestamps.${i}`, `${time} does not come after ${times[i - 1]}`);
    times[i] = time;
  }
  return times;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? "a list of one" : `a list of ${value.length}`;
  return value === undefined
    ? "missing"
    : typeof value === "object"
    ? value ? "an object" : "null"
    : typeof value === "number"
    ? String(value)
    : `a ${typeof value}`;
}

const NO_NUMBER = /[[,:]\s*(-?(?:NaN|Infinity))\s*[\],}]/;

/** What writers of JSON make of numbers that are none. */
function notFinite(bytes: Uint8Array): Problem | undefined {
  const found = NO_NUMBER.exec(new TextDecoder().decode(bytes))?.[1];
  return found === undefined ? undefined : unfit([{ path: "signal", message: `holds ${found}, which is no number` }]);
}

function unfit(faults: readonly FieldFault[]): Problem {
  const [{ path, message }] = faults;
  return new Problem("invalid", `The signal does not fit: ${path === "" ? "it" : path} ${message}`, { faults });
}

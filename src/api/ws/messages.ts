import { z } from "zod";
import type { GapEvent, LogEvent } from "../../core/events.ts";
import type { FieldFault, ServiceErrorCode } from "../../core/service_error.ts";
import { filterParts, filterWords } from "../event_filter.ts";

/** Subscriptions, to events and to pictures together, on one socket. */
export const SUBSCRIPTIONS = 64;
/** Largest message that is taken from a client. */
export const MESSAGE_BYTES = 64 * 1024;
/** What is more than somebody's mistake: it ends the connection. */
export const LARGEST_BYTES = 2 ** 20;
/** Most faults told of one message: the answer must not be larger than the question. */
const FAULTS = 20;
/** Most credits that a subscription can hold. */
export const CREDITS = 1_000_000;

const id = z.string().min(1).max(64).describe("the client's name for the subscription");
const credits = z.int().min(1).max(CREDITS);

/** Asks for events. */
export const subscribeMessage = z.strictObject({
  op: z.literal("subscribe"),
  id,
  streams: filterParts.streams.optional().describe(filterWords.streams),
  all: z.literal(true).optional().describe("events of all streams, those to come included"),
  types: filterParts.types.optional().describe(filterWords.types),
  labels: filterParts.labels.optional().describe(filterWords.labels),
  minScore: filterParts.minScore.optional().describe(filterWords.minScore),
  fields: filterParts.fields.optional().describe(filterWords.fields),
  maxRate: filterParts.maxRate.optional().describe(filterWords.maxRate),
  after: filterParts.after.optional().describe(filterWords.after),
  flow: z.boolean().optional().describe("send nothing beyond the credits that `flow` messages give"),
}).refine(({ streams, all }) => (streams === undefined) !== (all === undefined), {
  path: ["streams"],
  error: "Say either `streams` with their names, or `all: true`",
});

/** Asks for pictures of a stream. */
export const picturesMessage = z.strictObject({
  op: z.literal("pictures"),
  id,
  stream: filterParts.streams.element,
  width: z.int().min(16).max(7680).optional().describe("scaled down to this width; never up"),
  overlay: z.boolean().default(false).describe("draw the results on them"),
  fps: z.number().gt(0).max(60).default(10).describe("at most this many a second"),
  quality: z.int().min(1).max(100).default(75).describe("of the JPEG"),
});

/** Every message that a client may send, by its `op`. */
export const CLIENT_MESSAGES = {
  subscribe: subscribeMessage,
  pictures: picturesMessage,
  unsubscribe: z.strictObject({ op: z.literal("unsubscribe"), id }),
  flow: z.strictObject({ op: z.literal("flow"), id, credits: credits.describe("so many more events may be sent") }),
  ping: z.strictObject({ op: z.literal("ping"), id: id.optional() }),
} as const;

/** A message of a client, checked. */
export type ClientMessage = z.output<(typeof CLIENT_MESSAGES)[keyof typeof CLIENT_MESSAGES]>;

/** Why a message was refused. `malformed`: it cannot be read at all. */
export type RefusalCode = ServiceErrorCode | "malformed" | "unknown_op" | "internal";

/** A message that is refused; the socket stays open. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly options: { id?: string; faults?: readonly FieldFault[] } = {},
  ) {
    super(message);
  }
}

/** What the server says, besides events and pictures. */
export type ServerMessage =
  | { op: "subscribed"; id: string; /** The latest position at this moment. */ last: number }
  | { op: "unsubscribed"; id: string }
  | { op: "ended"; id: string; reason: string }
  | {
    op: "pong";
    id?: string; /** All that was asked for up to here has been sent: where to go on later. */
    last: number;
  }
  | { op: "error"; code: RefusalCode; message: string; id?: string; errors?: readonly FieldFault[] }
  | { op: "closing"; reason: string };

/** An event, or word of what was missed, for one subscription. */
export interface EventMessage {
  sub: string;
  position: number;
  event: LogEvent | GapEvent;
}

/** Reads a message, or throws the {@link Refusal} to answer with. */
export function parseMessage(data: unknown): ClientMessage {
  if (typeof data !== "string") throw new Refusal("malformed", "Messages to this socket are JSON texts, not binary");
  // Three bytes at most to a unit of UTF-16: most texts need no counting.
  if (data.length > MESSAGE_BYTES || (data.length * 3 > MESSAGE_BYTES && byteLength(data) > MESSAGE_BYTES)) {
    throw new Refusal("too_large", `A message may have ${MESSAGE_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw new Refusal("malformed", `The message is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal("malformed", "A message is a JSON object with an `op`");
  }
  const { op, id } = value as { op?: unknown; id?: unknown };
  const about = typeof id === "string" && id.length <= 64 ? { id } : {};
  if (typeof op !== "string" || !Object.hasOwn(CLIENT_MESSAGES, op)) {
    const given = typeof op === "string" ? JSON.stringify(op.slice(0, 40)) : "no text";
    throw new Refusal("unknown_op", `\`op\` is ${given}, not one of ${Object.keys(CLIENT_MESSAGES).join(", ")}`, about);
  }
  const parsed = CLIENT_MESSAGES[op as keyof typeof CLIENT_MESSAGES].safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS).map(({ path, message }) => ({ path: path.join("."), message }));
  const first = faults[0].path === "" ? faults[0].message : `${faults[0].path}: ${faults[0].message}`;
  throw new Refusal("invalid", `Cannot ${op}: ${first}`, { ...about, faults });
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

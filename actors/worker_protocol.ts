import type { ErrorData } from "./actor_error.ts";

/** What goes into a worker. Tuples: they cost the least to clone, and the payload travels unwrapped inside. */
export type ToWorker<In> =
  | ["init", name: string, init: unknown]
  | ["tell", message: In]
  | ["ask", id: number, message: In]
  /** The asker gave up. */
  | ["drop", id: number]
  | ["close"];

/** What comes out of a worker. */
export type FromWorker<Out> =
  | ["ready"]
  | ["emit", event: Out]
  | ["answer", id: number, value: unknown]
  | ["refusal", id: number, error: ErrorData]
  /** A message found no place. */
  | ["dropped"]
  /** It is beyond help; `closed` follows when its natives could be released. */
  | ["failed", error: ErrorData]
  /** Its natives are released; it can be terminated without loss. */
  | ["closed", error?: ErrorData];

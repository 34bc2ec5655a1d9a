import { z } from "zod";
import { EVENT_TYPES } from "../core/events.ts";
import type { EventFilter } from "../hub/filter.ts";

// What may be asked of events, the same in a query and in a message over a WebSocket.

/** Most values in one list of a filter. */
const LIST = 256;

/** What one result has at its top: where a field may begin. */
const HEADS = ["v", "type", "stream", "epoch", "seq", "pts", "capturedAt", "ageMs", "frame", "timings", "outputs"];

const name = z.string().min(1).max(63);
const label = z.string().min(1).max(200);
const field = z.string().min(1).max(200).refine((path) => HEADS.includes(path.split(".", 1)[0]), {
  error: ({ input }) => `A result has no ${JSON.stringify(input)}: fields begin with one of ${HEADS.join(", ")}`,
});

/** The parts of a filter as they are once they are read. */
export const filterParts = {
  streams: z.array(name).min(1).max(LIST),
  types: z.array(z.enum(EVENT_TYPES)).min(1).max(LIST),
  labels: z.array(label).min(1).max(LIST),
  minScore: z.number().min(0).max(1),
  fields: z.array(field).min(1).max(LIST),
  maxRate: z.number().gt(0).max(1000),
  after: z.int().min(0),
} as const;

/** What the parts mean, for the document. */
export const filterWords = {
  streams: "only events of these streams; they need not exist yet",
  types: `only events of these types: ${EVENT_TYPES.join(", ")}; word of gaps comes always`,
  labels: "only detections and classes with these labels; a result in which none is left is not sent",
  minScore: "only detections and classes that score at least this (0 to 1)",
  fields:
    "of results only these fields, besides what says which frame they are of: ageMs, outputs.detect, timings.inferMs",
  maxRate: "at most this many results a second of each stream",
  after: "the position after which to begin: what was missed since then comes first, or a gap",
} as const;

/** The filter without what was not asked for. */
export function filterOf({ streams, types, labels, minScore, fields, maxRate }: EventFilter): EventFilter {
  return {
    ...(streams && { streams }),
    ...(types && { types }),
    ...(labels && { labels }),
    ...(minScore !== undefined && { minScore }),
    ...(fields && { fields }),
    ...(maxRate !== undefined && { maxRate }),
  };
}

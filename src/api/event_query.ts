import { z } from "zod";
import type { EventFilter } from "../hub/filter.ts";
import { filterOf, filterParts, filterWords } from "./event_filter.ts";
import { Problem } from "./problem.ts";

/** A list in a query: its values separated by commas, or the key repeated, or both. */
function list<T extends z.ZodType<unknown, string[]>>(items: T) {
  return z.union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(",")).map((text) => text.trim()))
    .pipe(items);
}

/** A number in a query; an empty text is none. The document calls it what it is, not the text that carries it. */
function number<T extends z.ZodType<unknown, number>>(schema: T) {
  return z.string().transform((text) => text.trim() === "" ? NaN : Number(text)).pipe(schema);
}

const rest = {
  types: list(filterParts.types).optional().describe(filterWords.types),
  labels: list(filterParts.labels).optional().describe(filterWords.labels),
  label: list(filterParts.labels).optional().describe("the same as labels"),
  minScore: number(filterParts.minScore).optional().meta({
    description: filterWords.minScore,
    type: "number",
    minimum: 0,
    maximum: 1,
  }),
  fields: list(filterParts.fields).optional().describe(filterWords.fields),
  maxRate: number(filterParts.maxRate).optional().meta({
    description: filterWords.maxRate,
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1000,
  }),
  after: number(filterParts.after).optional().meta({
    description: `${filterWords.after}; counts more than Last-Event-ID`,
    type: "integer",
    minimum: 0,
  }),
};

/** How events of one stream are asked for. */
export const streamEventsQuery = z.strictObject(rest);

/** How events of several streams are asked for. */
export const eventsQuery = z.strictObject({
  streams: list(filterParts.streams).optional().describe(filterWords.streams),
  ...rest,
});

/** How events of one stream are asked for that is named in the query, or not at all. */
export const namedStreamQuery = z.strictObject({
  stream: filterParts.streams.element.optional().describe("the stream; else the one called default, else the only one"),
  ...rest,
});

/** The filter that a query asks for. */
export function queriedFilter(
  query: z.output<typeof streamEventsQuery> & { streams?: string[] },
): EventFilter {
  const labels = query.labels || query.label ? [...query.labels ?? [], ...query.label ?? []] : undefined;
  return filterOf({ ...query, labels });
}

/**
 * The position after which a client goes on: the one it asks for or the one its EventSource remembers, whichever is
 * later. An EventSource asks for the same address at every reconnect.
 */
export function positionAfter(query: { after?: number }, headers: Headers): number | undefined {
  const remembered = headers.get("last-event-id")?.trim();
  if (!remembered) return query.after;
  const position = /^\d+$/.test(remembered) ? Number(remembered) : NaN;
  if (Number.isSafeInteger(position)) return Math.max(position, query.after ?? 0);
  const message = "is not the id of an event of this server";
  throw new Problem("invalid", `The header Last-Event-ID ${message}`, { faults: [{ path: "Last-Event-ID", message }] });
}

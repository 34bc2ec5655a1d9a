import type { EventType, LogEvent } from "../core/events.ts";
import { found } from "../core/found.ts";
import type { ResultEnvelope } from "../core/results.ts";

/** What a subscriber wants of the events; what is absent does not restrict. */
export interface EventFilter {
  streams?: readonly string[];
  types?: readonly EventType[];
  /** Labels of detections and classes; a result in which none is left is not sent. */
  labels?: readonly string[];
  /** Detections and classes that score lower are left out; a result in which none is left is not sent. */
  minScore?: number;
  /** What to keep of a result besides its identity: `ageMs`, `outputs.detect`, `timings.inferMs`, … */
  fields?: readonly string[];
  /** Most results a second of each stream. */
  maxRate?: number;
}

/** With more streams than this, those that have long been due are forgotten. */
const STREAMS = 1024;

/** A filter at work: it remembers when each stream's next result may pass. */
export class Sieve {
  /** Names what the filter makes of an event; two sieves of one name make the same of it. Empty: the event itself. */
  readonly form: string;
  #streams: ReadonlySet<string> | undefined;
  #types: ReadonlySet<string> | undefined;
  #labels: ReadonlySet<string> | undefined;
  /** When each stream's next result may pass. */
  #dueAtMs = new Map<string, number>();

  constructor(private readonly filter: EventFilter) {
    const { streams, types, labels, minScore, fields } = filter;
    this.#streams = streams && new Set(streams);
    this.#types = types && new Set(types);
    this.#labels = labels && new Set(labels);
    const changes = labels !== undefined || minScore !== undefined || fields !== undefined;
    this.form = changes
      ? JSON.stringify([labels?.toSorted() ?? null, minScore ?? null, fields?.toSorted() ?? null])
      : "";
  }

  /** Whether nothing at all is left out. */
  get wantsAll(): boolean {
    return this.form === "" && !this.#streams && !this.#types && this.filter.maxRate === undefined;
  }

  /** Whether the event is of a stream and type that are wanted. */
  wants({ stream, type }: LogEvent): boolean {
    return (this.#streams?.has(stream) ?? true) && (this.#types?.has(type) ?? true);
  }

  /** Whether the stream was asked for by its name. */
  names(stream: string): boolean {
    return this.#streams?.has(stream) ?? false;
  }

  /** What is left of a wanted event; undefined when nothing that is asked for is in it. */
  sift(event: LogEvent): LogEvent | undefined {
    if (event.type !== "result" || this.form === "") return event;
    const { minScore, fields } = this.filter;
    const sifted = this.#labels || minScore !== undefined ? found(event, { labels: this.#labels, minScore }) : event;
    return sifted && fields ? picked(sifted, fields) : sifted;
  }

  /** Whether a result may pass at this moment without exceeding `maxRate`; other events always may. */
  inTime(event: LogEvent, nowMs: number): boolean {
    const { maxRate } = this.filter;
    if (maxRate === undefined || event.type !== "result") return true;
    const periodMs = 1000 / maxRate;
    const dueMs = this.#dueAtMs.get(event.stream) ?? nowMs;
    // A result that comes a little early counts for its time, or a stream of just this rate would lose every other one.
    if (nowMs < dueMs - periodMs / 10) return false;
    if (this.#dueAtMs.size >= STREAMS && !this.#dueAtMs.has(event.stream)) this.#forgetDue(nowMs);
    // One that comes late takes its time from the next, or a stream that is a little faster would lose far too much.
    this.#dueAtMs.set(event.stream, Math.max(dueMs, nowMs - periodMs) + periodMs);
    return true;
  }

  /** Streams come and go while a subscriber stays: those that may pass anyway need no note. */
  #forgetDue(nowMs: number): void {
    for (const [stream, dueMs] of this.#dueAtMs) if (dueMs <= nowMs) this.#dueAtMs.delete(stream);
  }
}

/** What says which frame a result is of; never left out. */
const IDENTITY = ["v", "type", "stream", "epoch", "seq", "pts"] as const;

function picked(event: ResultEnvelope, fields: readonly string[]): ResultEnvelope {
  const source = event as unknown as Fields;
  const result: Fields = Object.fromEntries(IDENTITY.map((key) => [key, source[key]]));
  for (const field of fields) pick(source, result, field);
  return result as unknown as ResultEnvelope;
}

type Fields = Record<string, unknown>;

/** Copies what a path leads to, and of the objects on the way only what leads there. */
function pick(from: Fields, to: Fields, path: string): void {
  const dot = path.indexOf(".");
  const key = dot < 0 || Object.hasOwn(from, path) ? path : path.slice(0, dot);
  if (!Object.hasOwn(from, key)) return;
  const value = from[key];
  if (key === path) {
    to[key] = value;
    return;
  }
  // Wanted as a whole already.
  if (to[key] === value || value === null || typeof value !== "object" || Array.isArray(value)) return;
  const part = (to[key] ??= {}) as Fields;
  pick(value as Fields, part, path.slice(dot + 1));
  if (Object.keys(part).length === 0) delete to[key];
}

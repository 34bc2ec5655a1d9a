import type { EventType, LogEvent } from "../core/events.ts";
import type { AnalyzerOutput, ModelOutput, ResultEnvelope } from "../core/results.ts";

/** What a subscriber wants of the events; what is absent does not restrict. */
export interface EventFilter {
  streams?: readonly string[];
  types?: readonly EventType[];
  /** Labels of detections and classes; a result in which none is left is not sent. */
  labels?: readonly string[];
  /** Detections and classes that score lower are left out; a result in which none is left is not sent. */
  minScore?: number;
  /** What to keep of a result besides its identity: `ageMs`, `outputs.detect`, … */
  fields?: readonly string[];
  /** Most results a second of each stream. */
  maxRate?: number;
}

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

  /** Whether the event is of a stream and type that are wanted. */
  wants({ stream, type }: LogEvent): boolean {
    return (this.#streams?.has(stream) ?? true) && (this.#types?.has(type) ?? true);
  }

  /** What is left of a wanted event; undefined when nothing that is asked for is in it. */
  sift(event: LogEvent): LogEvent | undefined {
    if (event.type !== "result" || this.form === "") return event;
    const { minScore, fields } = this.filter;
    const sifted = this.#labels || minScore !== undefined ? this.#found(event) : event;
    return sifted && fields ? picked(sifted, fields) : sifted;
  }

  /** Whether a result may pass at this moment without exceeding `maxRate`; other events always may. */
  inTime(event: LogEvent, nowMs: number): boolean {
    const { maxRate } = this.filter;
    if (maxRate === undefined || event.type !== "result") return true;
    const periodMs = 1000 / maxRate;
    const dueMs = this.#dueAtMs.get(event.stream) ?? -Infinity;
    // A result that comes a little early counts for its time, or a stream of just this rate would lose every other one.
    const slackMs = periodMs / 10;
    if (nowMs < dueMs - slackMs) return false;
    this.#dueAtMs.set(event.stream, Math.max(dueMs, nowMs - slackMs) + periodMs);
    return true;
  }

  #found(event: ResultEnvelope): ResultEnvelope | undefined {
    const { minScore = -Infinity } = this.filter;
    const keep = ({ label, score }: { label: string; score: number }) =>
      score >= minScore && (this.#labels?.has(label) ?? true);
    let found = 0;
    const outputs: Record<string, ModelOutput | AnalyzerOutput> = {};
    for (const [name, output] of Object.entries(event.outputs)) {
      const { detections, classes } = output as ModelOutput;
      if (!Array.isArray(detections) && !Array.isArray(classes)) {
        outputs[name] = output;
        continue;
      }
      const left = {
        ...(Array.isArray(detections) && { detections: detections.filter(keep) }),
        ...(Array.isArray(classes) && { classes: classes.filter(keep) }),
      };
      found += (left.detections?.length ?? 0) + (left.classes?.length ?? 0);
      outputs[name] = { ...output, ...left };
    }
    return found > 0 ? { ...event, outputs } : undefined;
  }
}

/** What says which frame a result is of; never left out. */
const IDENTITY = ["v", "type", "stream", "epoch", "seq", "pts"] as const;

function picked(event: ResultEnvelope, fields: readonly string[]): ResultEnvelope {
  const source = event as unknown as Record<string, unknown>;
  const result: Record<string, unknown> = Object.fromEntries(IDENTITY.map((key) => [key, source[key]]));
  for (const field of fields) {
    const [head, ...rest] = field.split(".");
    if (!Object.hasOwn(source, head)) continue;
    const inner = rest.join(".");
    if (inner === "") result[head] = source[head];
    else {
      const value = source[head] as Record<string, unknown> | null;
      if (value === null || typeof value !== "object" || !Object.hasOwn(value, inner)) continue;
      const part = result[head] === source[head] ? undefined : result[head];
      if (part !== undefined || result[head] === undefined) result[head] = { ...part as object, [inner]: value[inner] };
    }
  }
  return result as unknown as ResultEnvelope;
}

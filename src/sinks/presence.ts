import type { ModelOutput, ResultEnvelope } from "../core/results.ts";

/** What became of one label. */
export interface PresenceChange {
  label: string;
  /** Set when it came or went. */
  present?: boolean;
  /** Set when its count changed. */
  count?: number;
}

/** Which labels are watched, and how calmly. */
export interface PresenceOptions {
  labels: readonly string[];
  /** A label counts as gone when it has not been seen for this long. */
  absentMs: number;
  /** Shortest time between two counts of a label. */
  countMs: number;
}

interface Watched {
  present: boolean;
  seenAtMs: number;
  count: number;
  toldCount: number;
  toldAtMs: number;
}

/** Turns results into who is there and how many, without the flicker of single frames. */
export class Presence {
  #watched: Map<string, Watched>;

  constructor(private readonly options: PresenceOptions) {
    this.#watched = new Map(
      options.labels.map((label) => [
        label,
        { present: false, seenAtMs: 0, count: 0, toldCount: 0, toldAtMs: -Infinity },
      ]),
    );
  }

  /** Whether time alone may change something. */
  get busy(): boolean {
    return [...this.#watched.values()].some(({ present }) => present);
  }

  /** Everything as it was told last. */
  current(): PresenceChange[] {
    return [...this.#watched].map(([label, { present, toldCount }]) => ({ label, present, count: toldCount }));
  }

  /** Folds a result in; answers what changed. */
  push(result: ResultEnvelope, nowMs: number): PresenceChange[] {
    const counts = new Map<string, number>();
    for (const output of Object.values(result.outputs)) {
      const { detections } = output as ModelOutput;
      if (!Array.isArray(detections)) continue;
      // A tracker repeats what the detector found: they are the same things, not more of them.
      const own = Map.groupBy(detections, ({ label }) => label);
      for (const [label, { length }] of own) counts.set(label, Math.max(counts.get(label) ?? 0, length));
    }
    for (const [label, count] of counts) {
      const watched = this.#watched.get(label);
      if (watched) Object.assign(watched, { seenAtMs: nowMs, count });
    }
    return this.due(nowMs);
  }

  /** What changes at this moment. */
  due(nowMs: number): PresenceChange[] {
    const { absentMs, countMs } = this.options;
    const changes: PresenceChange[] = [];
    for (const [label, watched] of this.#watched) {
      const present = watched.count > 0 && nowMs - watched.seenAtMs < absentMs;
      if (!present) watched.count = 0;
      const change: PresenceChange = { label };
      if (present !== watched.present) change.present = watched.present = present;
      const inTime = nowMs - watched.toldAtMs >= countMs || change.present !== undefined;
      if (watched.count !== watched.toldCount && inTime) {
        change.count = watched.toldCount = watched.count;
        watched.toldAtMs = nowMs;
      }
      if (change.present !== undefined || change.count !== undefined) changes.push(change);
    }
    return changes;
  }
}

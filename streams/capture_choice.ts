import type { CaptureReason, CaptureRules, ReservoirPlace } from "../src/core/captures.ts";
import type { ModelOutput, ResultEnvelope } from "../src/core/results.ts";

/** What the rules say of one result. */
export interface Choice {
  reasons: CaptureReason[];
  reservoir?: ReservoirPlace;
}

/** What of a day's sample there is already, for a stream that was elsewhere before. */
export type ReservoirMark = Pick<ReservoirPlace, "day" | "seen">;

/** Candidates of the day's sample are so far apart: frames next to each other teach the same. */
const CANDIDATE_S = 1;
const HOUR_MS = 3_600_000;
/** So many of an hour's pictures may be taken at once: each costs the stream's thread the encoding of a whole frame. */
const BURST = 1 / 360;

/** Decides which results' frames are kept. It looks at results alone: whether there is room is decided elsewhere. */
export class CaptureChoice {
  #count = 0;
  #epoch = 0;
  #dueS = -Infinity;
  #candidateS = -Infinity;
  #sample: ReservoirMark = { day: "", seen: 0 };
  #tokens: number;
  #atMs?: number;

  constructor(
    private readonly rules: CaptureRules,
    private readonly options: { random?: () => number; sample?: ReservoirMark } = {},
  ) {
    this.#tokens = this.#burst;
    if (options.sample) this.#sample = { ...options.sample };
  }

  /** How far the day's sample has come. */
  get sample(): ReservoirMark {
    return { ...this.#sample };
  }

  /**
   * Why a result's frame is to be kept; undefined when it is not, and `refused` when it would be, but as many as may be
   * are taken in this hour.
   */
  choose(result: ResultEnvelope, context: { atMs: number; alerted: boolean }): Choice | "refused" | undefined {
    const { everyNth, everySeconds, reservoir, below, onAlert } = this.rules;
    const { pts, epoch } = result;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#dueS = this.#candidateS = -Infinity;
    }
    const reasons: CaptureReason[] = [];
    if (everyNth !== undefined && this.#count++ % everyNth === 0) reasons.push("nth");
    if (everySeconds !== undefined && pts >= this.#dueS) {
      reasons.push("time");
      // The schedule keeps its rate whatever the frames' own, and makes up for nothing that did not come.
      this.#dueS = Math.max(this.#dueS + everySeconds, pts);
      if (this.#dueS <= pts) this.#dueS = pts + everySeconds;
    }
    if (below !== undefined && lowest(result) < below) reasons.push("low");
    if (onAlert && context.alerted) reasons.push("alert");
    const place = reservoir === undefined ? undefined : this.#place(reservoir, pts, context.atMs);
    if (place) reasons.push("reservoir");
    if (reasons.length === 0) return undefined;
    if (!this.#mayTake(context.atMs)) return "refused";
    return { reasons, ...(place && { reservoir: place }) };
  }

  /** Algorithm R: each candidate of the day is in the sample with the same chance, however many there are. */
  #place(size: number, pts: number, atMs: number): ReservoirPlace | undefined {
    if (pts < this.#candidateS) return undefined;
    this.#candidateS = pts + CANDIDATE_S;
    const day = new Date(atMs).toISOString().slice(0, 10);
    if (this.#sample.day !== day) this.#sample = { day, seen: 0 };
    const seen = ++this.#sample.seen;
    const slot = seen <= size ? seen - 1 : Math.floor((this.options.random ?? Math.random)() * seen);
    return slot < size ? { day, slot, seen } : undefined;
  }

  get #burst(): number {
    return Math.max(1, this.rules.perHour * BURST);
  }

  #mayTake(atMs: number): boolean {
    const gained = (Math.max(0, atMs - (this.#atMs ?? atMs)) / HOUR_MS) * this.rules.perHour;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#atMs = atMs;
    // Shares of a whole rarely add up to quite one.
    if (this.#tokens < 1 - 1e-6) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }
}

/** The score of what the models are least sure of. */
function lowest({ outputs }: ResultEnvelope): number {
  let least = Infinity;
  for (const output of Object.values(outputs)) {
    const { detections, crops } = output as Partial<ModelOutput>;
    if (Array.isArray(detections)) { for (const { score } of detections) if (score < least) least = score; }
    least = Math.min(least, surest(output), ...(Array.isArray(crops) ? crops.map(surest) : []));
  }
  return least;
}

/** How sure a classification is: only its best class counts, for the others are meant to be low. */
function surest({ classes, heads }: Pick<Partial<ModelOutput>, "classes" | "heads">): number {
  const best = Array.isArray(classes) && classes.length > 0 ? classes[0].score : Infinity;
  return Math.min(...[best, ...Object.values(heads ?? {}).map(({ score }) => score)].filter(Number.isFinite), Infinity);
}

import type { ResultEnvelope } from "../../core/results.ts";

/** One second of a stream. */
export interface Second {
  atS: number;
  results: number;
  /** Mean age, milliseconds; undefined in a second without results. */
  ageMs?: number;
}

const KEPT_S = 60;
const RATE_S = 5;

/** Rate and age of a stream, from its results as they come, second by second. */
export class LiveFigures {
  #seconds: { atS: number; results: number; sum: number; aged: number }[] = [];
  #epoch = -1;
  #seq = -1;
  #sinceS: number;

  constructor(
    private readonly nowS: () => number = () => performance.now() / 1000,
  ) {
    this.#sinceS = nowS();
  }

  /** Folds a result in; one that comes twice counts once. */
  push(
    { epoch, seq, ageMs }: Pick<ResultEnvelope, "epoch" | "seq" | "ageMs">,
  ): void {
    if (epoch === this.#epoch && seq <= this.#seq) return;
    [this.#epoch, this.#seq] = [epoch, seq];
    const atS = Math.floor(this.nowS());
    let second = this.#seconds.at(-1);
    if (second?.atS !== atS) {
      this.#seconds.push(second = { atS, results: 0, sum: 0, aged: 0 });
      if (this.#seconds.length > KEPT_S) this.#seconds.shift();
    }
    second.results++;
    if (ageMs === undefined) return;
    second.sum += ageMs;
    second.aged++;
  }

  /** Results a second over the last full seconds; undefined before there is one. */
  get fps(): number | undefined {
    const nowS = Math.floor(this.nowS());
    const span = Math.min(RATE_S, nowS - Math.floor(this.#sinceS));
    if (span < 1) return undefined;
    const recent = this.#seconds.filter(({ atS }) => atS < nowS && atS >= nowS - span);
    return recent.reduce((sum, { results }) => sum + results, 0) / span;
  }

  /** Mean age of the newest second that has one, milliseconds. */
  get ageMs(): number | undefined {
    const newest = this.#seconds.findLast(({ aged }) => aged > 0);
    return newest && newest.sum / newest.aged;
  }

  /** The last minute, oldest first; seconds without results are in it. */
  get seconds(): Second[] {
    const nowS = Math.floor(this.nowS());
    const byTime = new Map(this.#seconds.map((second) => [second.atS, second]));
    return Array.from({ length: KEPT_S }, (_, index) => {
      const atS = nowS - KEPT_S + index;
      const found = byTime.get(atS);
      return {
        atS,
        results: found?.results ?? 0,
        ...(found && found.aged > 0 && { ageMs: found.sum / found.aged }),
      };
    });
  }
}

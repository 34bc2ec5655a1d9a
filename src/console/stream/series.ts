import { DROP_CAUSES, type DropCause } from "../../core/drops.ts";
import type { LedgerReading } from "../../core/ledger.ts";
import type { ResultEnvelope } from "../../core/results.ts";

/** One area of a stacked chart. */
export interface Part {
  name: string;
  /** The token of its colour. */
  token: string;
  hint: string;
}

/** What an age is made of, in the order in which a frame meets it. */
export const AGE_PARTS: readonly Part[] = [
  { name: "decoding", token: "--part-decode", hint: "Decoding the picture" },
  {
    name: "queue",
    token: "--part-queue",
    hint: "Waiting for the model's turn, travelling",
  },
  {
    name: "preparing",
    token: "--part-prepare",
    hint: "Scaling the picture into the model's input",
  },
  { name: "model", token: "--part-infer", hint: "The model's run" },
  {
    name: "analysis",
    token: "--part-post",
    hint: "Reading the model's output and analysing it",
  },
  {
    name: "delivery",
    token: "--part-rest",
    hint: "Waiting to be taken, and delivery",
  },
];

const DROP_HINTS: Record<DropCause, string> = {
  sampled: "Left out on purpose: the policy asks for fewer",
  skipped: "Never decoded: nobody would have used it",
  stale: "Its result would have been too old",
  overflow: "All places were taken",
  undecodable: "It gave no picture",
  failed: "The model or an analyzer failed on it",
  stopped: "The stream was stopped while it was under way",
};

/** Why frames fell. */
export const DROP_PARTS: readonly (Part & { cause: DropCause })[] = DROP_CAUSES
  .map((cause) => ({
    cause,
    name: cause,
    token: `--drop-${cause}`,
    hint: DROP_HINTS[cause],
  }));

/** What a chart draws: times, Unix seconds, and for each part its values. */
export interface Series {
  times: number[];
  values: (number | null)[][];
}

const KEPT = 120;

/** Where the age of results comes from, second by second. */
export class AgeSeries {
  #seconds: { atS: number; count: number; sums: number[] }[] = [];

  /** Folds a result in that came at a time, Unix milliseconds. */
  push(
    { timings, ageMs }: Pick<ResultEnvelope, "timings" | "ageMs">,
    atMs: number,
  ): void {
    if (!timings) return;
    const { decodeMs, queueMs, prepareMs, inferMs, postMs } = timings;
    const known = [decodeMs, queueMs, prepareMs, inferMs, postMs];
    const rest = Math.max(
      0,
      (ageMs ?? 0) - known.reduce((sum, ms) => sum + ms, 0),
    );
    const atS = Math.floor(atMs / 1000);
    let second = this.#seconds.at(-1);
    if (!second || second.atS !== atS) {
      this.#seconds.push(
        second = { atS, count: 0, sums: AGE_PARTS.map(() => 0) },
      );
      if (this.#seconds.length > KEPT) this.#seconds.shift();
    }
    second.count++;
    [...known, rest].forEach((ms, index) => second.sums[index] += ms);
  }

  /** Means of each second; one in which nothing came is a hole. */
  read(nowMs: number): Series {
    const found = new Map(this.#seconds.map((second) => [second.atS, second]));
    const nowS = Math.floor(nowMs / 1000);
    const times = Array.from(
      { length: KEPT },
      (_, index) => nowS - KEPT + index,
    );
    const values = AGE_PARTS.map((_, part) =>
      times.map((atS) => {
        const second = found.get(atS);
        return second ? second.sums[part] / second.count : null;
      })
    );
    return { times, values };
  }
}

/** Frames a second that fell, by cause, from one reading of the accounts to the next. */
export class DropSeries {
  #points: { atS: number; rates: number[] }[] = [];
  #last: { atMs: number; frames: LedgerReading } | undefined;

  /** Folds a reading in. */
  push(frames: LedgerReading, atMs: number): void {
    const last = this.#last;
    if (last && atMs <= last.atMs) return;
    this.#last = { atMs, frames };
    // Accounts that begin anew say nothing of what was before.
    if (!last || frames.received < last.frames.received) return;
    const seconds = (atMs - last.atMs) / 1000;
    const rates = DROP_CAUSES.map((cause) => (frames.dropped[cause] - last.frames.dropped[cause]) / seconds);
    this.#points.push({ atS: atMs / 1000, rates });
    if (this.#points.length > KEPT) this.#points.shift();
  }

  read(): Series {
    return {
      times: this.#points.map(({ atS }) => atS),
      values: DROP_CAUSES.map((_, part) => this.#points.map(({ rates }) => rates[part])),
    };
  }
}

/** The values one on top of the other: the last is the height of all. Holes stay holes. */
export function stacked(
  values: readonly (number | null)[][],
): (number | null)[][] {
  const below: number[] = [];
  return values.map((part) =>
    part.map((value, index) => value === null ? null : below[index] = (below[index] ?? 0) + value)
  );
}

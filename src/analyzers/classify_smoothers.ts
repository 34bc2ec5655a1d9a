import type { ClassScore } from "../core/results.ts";
import type { Smoother } from "./classify.ts";

/** More labels are not remembered; the weakest go first. */
const LABELS_MAX = 2000;
/** What has faded below this is forgotten. */
const FADED = 1e-5;
/** More votes are not kept, however many frames a window holds. */
const VOTES_MAX = 10_000;

interface Faded {
  classId: number;
  /** Its scores, each with the weight that it has left. */
  sum: number;
}

/** Each frame counts the less the longer ago it was; what a frame does not name, it scores nothing. */
export class ExponentialSmoother implements Smoother {
  #labels = new Map<string, Faded>();
  #begun = false;

  constructor(private readonly overMs: number) {}

  push(classes: readonly ClassScore[], { elapsedMs }: { elapsedMs: number }): ClassScore[] {
    const keep = Math.exp(-elapsedMs / this.overMs);
    // A frame's weight is the time for which it speaks, so that a faster stream is not smoothed more.
    const weight = this.#begun ? 1 - keep : 1;
    this.#begun = true;
    for (const faded of this.#labels.values()) faded.sum *= keep;
    for (const { label, classId, score } of classes) {
      const known = this.#labels.get(label);
      if (known) known.sum += weight * score;
      else this.#labels.set(label, { classId, sum: weight * score });
    }
    for (const [label, { sum }] of this.#labels) if (!(sum > FADED)) this.#labels.delete(label);
    if (this.#labels.size > LABELS_MAX) {
      const strongest = [...this.#labels].sort(([, a], [, b]) => b.sum - a.sum);
      this.#labels = new Map(strongest.slice(0, LABELS_MAX));
    }
    return [...this.#labels].map(([label, { classId, sum }]) => ({ label, classId, score: sum }));
  }

  reset(): void {
    this.#labels.clear();
    this.#begun = false;
  }
}

/** Each frame's best class has one vote for as long as the window lasts; scores are shares of the votes. */
export class BallotSmoother implements Smoother {
  #votes: { label: string; classId: number; atMs: number }[] = [];

  constructor(private readonly overMs: number) {}

  push(classes: readonly ClassScore[], { nowMs }: { nowMs: number }): ClassScore[] {
    if (classes.length > 0) {
      const { label, classId } = classes.reduce((best, one) => one.score > best.score ? one : best);
      this.#votes.push({ label, classId, atMs: nowMs });
    }
    const first = this.#votes.findIndex(({ atMs }) => nowMs - atMs < this.overMs);
    this.#votes = first < 0 ? [] : this.#votes.slice(Math.max(first, this.#votes.length - VOTES_MAX));
    const counts = new Map<string, ClassScore>();
    for (const { label, classId } of this.#votes) {
      const known = counts.get(label);
      if (known) known.score++;
      else counts.set(label, { label, classId, score: 1 });
    }
    return [...counts.values()].map((counted) => ({ ...counted, score: counted.score / this.#votes.length }));
  }

  reset(): void {
    this.#votes = [];
  }
}

import type { ResultEnvelope } from "../../core/results.ts";
import { detectionsOf } from "./draw_overlay.ts";

/** Where something has been, oldest first, in source pixels. */
export interface Trail {
  track: number;
  points: readonly (readonly [x: number, y: number])[];
}

/** Remembers where tracked things stood in the last results; a track that is not seen for as long is forgotten. */
export class Trails {
  #paths = new Map<number, { points: [number, number][]; seen: number }>();
  #frame = 0;
  #epoch = -1;

  constructor(private readonly length = 40) {}

  /** Folds one result in and answers the trails as they now are. */
  push({ epoch, outputs }: Pick<ResultEnvelope, "epoch" | "outputs">): Trail[] {
    // After a reconnect nothing is where it was.
    if (epoch !== this.#epoch) this.#paths.clear();
    this.#epoch = epoch;
    this.#frame++;
    for (const { track, box } of detectionsOf(outputs)) {
      if (track === undefined) continue;
      const path = this.#paths.get(track) ?? { points: [], seen: 0 };
      this.#paths.set(track, path);
      if (path.seen === this.#frame) continue;
      path.seen = this.#frame;
      path.points.push([box[0] + box[2] / 2, box[1] + box[3]]);
      if (path.points.length > this.length) path.points.shift();
    }
    for (const [track, { seen }] of this.#paths) {
      if (this.#frame - seen >= this.length) this.#paths.delete(track);
    }
    return [...this.#paths].map(([track, { points }]) => ({
      track,
      points: [...points],
    }));
  }
}

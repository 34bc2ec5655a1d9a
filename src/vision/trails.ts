import type { ModelOutput, ResultEnvelope } from "../core/results.ts";
import type { Point } from "./canvas.ts";
import type { Trail } from "./draw.ts";

/** Remembers where tracked things have been, so far back as a trail is drawn. */
export class Trails {
  #paths = new Map<number, { points: Point[]; seen: number }>();
  #frame = 0;

  /** `length` frames are remembered; a track that is not seen for as long is forgotten. */
  constructor(readonly length = 40) {}

  /** Folds one result in and answers the trails as they now are. */
  push(outputs: ResultEnvelope["outputs"]): Trail[] {
    this.#frame++;
    for (const output of Object.values(outputs)) {
      for (const { track, box } of (output as Partial<ModelOutput>).detections ?? []) {
        if (track === undefined) continue;
        const path = this.#paths.get(track) ?? { points: [], seen: 0 };
        this.#paths.set(track, path);
        if (path.seen === this.#frame) continue;
        path.seen = this.#frame;
        // Where it stands: of all points of a box the one that moves least when it stoops or turns.
        path.points.push([box[0] + box[2] / 2, box[1] + box[3]]);
        if (path.points.length > this.length) path.points.shift();
      }
    }
    for (const [track, { seen }] of this.#paths) {
      if (this.#frame - seen >= this.length) this.#paths.delete(track);
    }
    return [...this.#paths].map(([track, { points }]) => ({ track, points }));
  }

  /** Forgets all. */
  reset(): void {
    this.#paths.clear();
  }
}

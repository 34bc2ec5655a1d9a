import type { Box, Detection } from "../src/core/results.ts";
import type { Rect } from "../src/vision/fit.ts";

/** Which detections are cut out, and how. */
export interface CropRules {
  /** Only detections with this label; default all. */
  label?: string;
  /** Share of a box's size that is added on each of its sides. */
  margin: number;
  /** Boxes whose shorter side has fewer source pixels are left out. */
  minSize: number;
  /** The most crops of one frame. */
  max: number;
  /** Every nth sighting of a track; of what has no track, every nth frame. */
  everyNth: number;
}

/** One detection that is to be cut out. */
export interface Crop {
  /** Its place among the detections. */
  of: number;
  track?: number;
  label: string;
  score: number;
  region: Rect;
}

/** A track's record: sightings since its last run, and the frame of that. */
interface Sighted {
  since: number;
  ranAt: number;
}

/** Tracks that are remembered; whoever was not seen for longest is forgotten. */
const TRACKS = 1024;
const NEVER = -1;

/** Chooses what of each frame is cut out: what has waited longest first, then the best. */
export class CropSelection {
  #tracks = new Map<number, Sighted>();
  #frame = 0;

  constructor(private readonly rules: CropRules) {}

  /** The crops of the next frame, the most urgent first, and how many more were due. */
  next(
    detections: readonly Detection[],
    picture: { width: number; height: number },
  ): { crops: Crop[]; skipped: number } {
    const { label: wanted, minSize, max, everyNth } = this.rules;
    const due: { crop: Crop; ranAt: number }[] = [];
    detections.forEach(({ box, label, score, track }, of) => {
      if (wanted !== undefined && label !== wanted) return;
      const sighted = track === undefined ? undefined : this.#sight(track);
      if (!(Math.min(box[2], box[3]) >= minSize)) return;
      const region = regionOf(box, this.rules.margin, picture);
      if (!region) return;
      const turn = sighted
        ? sighted.ranAt === NEVER || sighted.since >= everyNth
        // What nobody follows comes after what waits for its turn.
        : this.#frame % everyNth === 0;
      if (!turn) return;
      const crop = { of, ...(track !== undefined && { track }), label, score, region };
      due.push({ crop, ranAt: sighted?.ranAt ?? this.#frame });
    });
    due.sort((a, b) => a.ranAt - b.ranAt || b.crop.score - a.crop.score || a.crop.of - b.crop.of);
    const crops = due.slice(0, max).map(({ crop }) => crop);
    for (const { track } of crops) {
      if (track !== undefined) this.#tracks.set(track, { since: 0, ranAt: this.#frame });
    }
    this.#frame++;
    return { crops, skipped: due.length - crops.length };
  }

  /** Forgets all tracks: a new epoch gives them other numbers. */
  reset(): void {
    this.#tracks.clear();
    this.#frame = 0;
  }

  #sight(track: number): Sighted {
    const sighted = this.#tracks.get(track) ?? { since: 0, ranAt: NEVER };
    sighted.since++;
    this.#tracks.delete(track);
    this.#tracks.set(track, sighted);
    if (this.#tracks.size > TRACKS) this.#tracks.delete(this.#tracks.keys().next().value!);
    return sighted;
  }
}

/** The part of the picture that is cut out for a box; undefined when nothing of it is in the picture. */
function regionOf(
  [x, y, width, height]: Box,
  margin: number,
  picture: { width: number; height: number },
): Rect | undefined {
  // On even pixels no chroma sample is cut through, which would cost a pass over the whole crop.
  const left = even(Math.max(0, x - width * margin));
  const top = even(Math.max(0, y - height * margin));
  const right = Math.min(picture.width, Math.ceil(x + width * (1 + margin)));
  const bottom = Math.min(picture.height, Math.ceil(y + height * (1 + margin)));
  if (!(right - left >= 2 && bottom - top >= 2)) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function even(value: number): number {
  return 2 * Math.floor(value / 2);
}

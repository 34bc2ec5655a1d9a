/** Which points of a person's pose belong together, in COCO's order: nose, eyes, ears, shoulders, … ankles. */
const PERSON: readonly (readonly [from: number, to: number])[] = [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
  [5, 6],
  [5, 7],
  [7, 9],
  [6, 8],
  [8, 10],
  [5, 11],
  [6, 12],
  [11, 12],
  [11, 13],
  [13, 15],
  [12, 14],
  [14, 16],
];
const PERSON_POINTS = 17;

/** Points that are surer than this are taken for seen. */
export const SEEN_SCORE = 0.3;

/** The limbs of a skeleton of so many points; none where it is not known what the points are. */
export function limbsOf(points: number): readonly (readonly [from: number, to: number])[] {
  return points === PERSON_POINTS ? PERSON : [];
}

import type { Box } from "../src/core/results.ts";

/** Something found in a picture. */
export interface Found {
  label: string;
  score: number;
  box: Box;
}

/** Something that is in a picture; what is `ignored` need not be found, and finding it is no mistake. */
export interface Asked {
  label: string;
  box: Box;
  ignored: boolean;
}

/** How well one class was found over many pictures. */
export interface Precision {
  objects: number;
  /** Area under the precision envelope over recall, all points. */
  ap: number;
  /** At the score threshold asked for. */
  precision: number;
  recall: number;
}

/** Average precision of one class over pictures, at a least overlap; answers NaN where nothing was asked for. */
export function averagePrecision(
  pictures: readonly { found: readonly Found[]; asked: readonly Asked[] }[],
  label: string,
  { iou = 0.5, threshold = 0.25 }: { iou?: number; threshold?: number } = {},
): Precision {
  const outcomes: { score: number; hit: boolean }[] = [];
  let objects = 0;
  for (const { found, asked } of pictures) {
    const mine = asked.filter((one) => one.label === label);
    objects += mine.filter(({ ignored }) => !ignored).length;
    const candidates = found.filter((one) => one.label === label).sort((a, b) => b.score - a.score);
    outcomes.push(...matched(candidates, mine, iou));
  }
  outcomes.sort((a, b) => b.score - a.score);
  const sure = outcomes.filter(({ score }) => score >= threshold);
  const hits = sure.filter(({ hit }) => hit).length;
  return { objects, ap: areaUnder(outcomes, objects), precision: hits / sure.length, recall: hits / objects };
}

/** Best first, every detection takes the free object that it overlaps most. */
function matched(candidates: readonly Found[], asked: readonly Asked[], iou: number) {
  const taken = new Set<Asked>();
  const outcomes: { score: number; hit: boolean }[] = [];
  for (const { box, score } of candidates) {
    let best: Asked | undefined;
    let most = iou;
    for (const one of asked) {
      if (one.ignored || taken.has(one)) continue;
      const shared = overlap(box, one.box);
      if (shared >= most) [best, most] = [one, shared];
    }
    if (best) taken.add(best);
    const pardoned = !best && asked.some((one) => one.ignored && overlap(box, one.box) >= iou);
    if (!pardoned) outcomes.push({ score, hit: best !== undefined });
  }
  return outcomes;
}

function areaUnder(outcomes: readonly { hit: boolean }[], objects: number): number {
  if (objects === 0) return NaN;
  let hits = 0;
  const precisions = outcomes.map(({ hit }, i) => (hits += hit ? 1 : 0) / (i + 1));
  let area = 0;
  let envelope = 0;
  for (let i = outcomes.length - 1; i >= 0; i--) {
    envelope = Math.max(envelope, precisions[i]);
    if (outcomes[i].hit) area += envelope / objects;
  }
  return area;
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

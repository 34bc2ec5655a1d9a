import type { Detection } from "../core/results.ts";
import type { Canvas } from "./canvas.ts";
import { type Colour, DARK } from "./palette.ts";
import { limbsOf, SEEN_SCORE } from "./skeleton.ts";

/** Lays a detection's mask over the picture, so that what is below still shows. */
export function drawMask(canvas: Canvas, { mask }: Detection, colour: Colour): void {
  if (mask) canvas.fillRings(mask, colour, { alpha: 0.4 });
}

/** Draws a detection's landmarks, and the limbs between them where it is known which belong together. */
export function drawKeypoints(canvas: Canvas, { keypoints = [] }: Detection, colour: Colour, thickness: number): void {
  const seen = keypoints.map(([, , score = 1]) => score >= SEEN_SCORE);
  const edge = Math.max(1, Math.round(thickness / 2));
  for (const [from, to] of limbsOf(keypoints.length)) {
    if (!seen[from] || !seen[to]) continue;
    const limb = [from, to].map((at) => [keypoints[at][0], keypoints[at][1]] as const);
    canvas.strokeLine(limb, { colour: DARK, thickness: thickness * 1.5 + 2 * edge, alpha: 0.35 });
    canvas.strokeLine(limb, { colour, thickness: thickness * 1.5 });
  }
  keypoints.forEach(([x, y], at) => {
    if (!seen[at]) return;
    canvas.fillDisc([x, y], thickness * 1.5 + edge, DARK, { alpha: 0.5 });
    canvas.fillDisc([x, y], thickness * 1.5, colour);
  });
}

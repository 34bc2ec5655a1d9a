import type { Detection } from "../../core/results.ts";

/** Which points of a person's pose belong together, in COCO's order: nose, eyes, ears, shoulders, … ankles. */
const PERSON: readonly (readonly [from: number, to: number])[] = [
  ...[[0, 1], [0, 2], [1, 3], [2, 4]] as const,
  ...[[5, 6], [5, 7], [7, 9], [6, 8], [8, 10]] as const,
  ...[[5, 11], [6, 12], [11, 12], [11, 13], [13, 15], [12, 14], [14, 16]] as const,
];
const PERSON_POINTS = 17;
/** Points that are surer than this are taken for seen. */
const SEEN_SCORE = 0.3;

/** Lays a detection's outline over the picture, so that what is below still shows. */
export function drawMask(
  context: CanvasRenderingContext2D,
  { mask }: Pick<Detection, "mask">,
  { colour, scale, cover = 0.4 }: { colour: string; scale: number; cover?: number },
): void {
  if (!mask) return;
  context.beginPath();
  for (const ring of mask) {
    for (let at = 0; at + 1 < ring.length; at += 2) {
      const [x, y] = [ring[at] * scale, ring[at + 1] * scale];
      if (at === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
  }
  context.globalAlpha = cover;
  context.fillStyle = colour;
  context.fill("evenodd");
  context.globalAlpha = 1;
}

/** Draws a detection's landmarks, and the limbs between them where it is known which belong together. */
export function drawKeypoints(
  context: CanvasRenderingContext2D,
  { keypoints }: Detection,
  { colour, scale, line }: { colour: string; scale: number; line: number },
): void {
  if (!keypoints) return;
  const seen = ([, , score = 1]: number[]) => score > SEEN_SCORE;
  context.lineWidth = line;
  context.strokeStyle = context.fillStyle = colour;
  if (keypoints.length === PERSON_POINTS) {
    context.beginPath();
    for (const [from, to] of PERSON) {
      if (!seen(keypoints[from]) || !seen(keypoints[to])) continue;
      context.moveTo(keypoints[from][0] * scale, keypoints[from][1] * scale);
      context.lineTo(keypoints[to][0] * scale, keypoints[to][1] * scale);
    }
    context.stroke();
  }
  for (const point of keypoints) {
    if (!seen(point)) continue;
    context.beginPath();
    context.arc(point[0] * scale, point[1] * scale, line * 1.5, 0, 2 * Math.PI);
    context.fill();
  }
}

import type { Box, Detection, ModelOutput } from "../core/results.ts";

/** Two boxes of one label that overlap by so much are the same thing. */
const SAME_IOU = 0.5;

/**
 * How far two models say the same of one picture, 0 to 1. Detections: twice the pairs of one label that overlap, over all
 * of both; classes: whether the best one is the same; embeddings: their cosine. Undefined where nothing can be compared.
 */
export function agreementOf(a: ModelOutput, b: ModelOutput): number | undefined {
  if (a.detections && b.detections) return ofDetections(a.detections, b.detections);
  if (a.classes?.length && b.classes?.length) return a.classes[0].label === b.classes[0].label ? 1 : 0;
  if (a.embedding && b.embedding) return ofEmbeddings(a.embedding, b.embedding);
  return undefined;
}

/** Best first, each takes what overlaps it most of what is left. */
function ofDetections(a: readonly Detection[], b: readonly Detection[]): number {
  if (a.length + b.length === 0) return 1;
  const left = new Set(b);
  let pairs = 0;
  for (const one of a.toSorted((x, y) => y.score - x.score)) {
    let best: Detection | undefined;
    let most = SAME_IOU;
    for (const other of left) {
      if (other.label !== one.label) continue;
      const overlap = iou(one.box, other.box);
      if (overlap >= most) [best, most] = [other, overlap];
    }
    if (!best) continue;
    left.delete(best);
    pairs++;
  }
  return 2 * pairs / (a.length + b.length);
}

function iou([ax, ay, aw, ah]: Box, [bx, by, bw, bh]: Box): number {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  return common / (aw * ah + bw * bh - common);
}

function ofEmbeddings(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length) return undefined;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  const cosine = dot / Math.sqrt(aa * bb);
  return Number.isFinite(cosine) ? Math.min(1, Math.max(0, cosine)) : undefined;
}

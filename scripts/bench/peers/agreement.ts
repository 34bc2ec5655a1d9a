/** One detection as all rows tell it: box in source pixels, score, class. */
export type PeerDetection = [x: number, y: number, width: number, height: number, score: number, classId: number];

/** How like each other two detections must be to count as one. */
const MIN_IOU = 0.7;
const MAX_SCORE_DIFFERENCE = 0.1;
/** Below this confidence an object may be on either side of the threshold and is nobody's fault. */
const MARGIN = 0.05;

/**
 * Share of detections that two rows have in common over the frames that both have, from 0 to 1. Those so near the
 * threshold that another way of scaling may lift them over it or not count only where they match.
 */
export function agreement(
  a: ReadonlyMap<number, readonly PeerDetection[]>,
  b: ReadonlyMap<number, readonly PeerDetection[]>,
  minScore: number,
): { share: number; frames: number; detections: number } {
  let matched = 0;
  let unmatched = 0;
  let frames = 0;
  for (const [frame, left] of a) {
    const right = b.get(frame);
    if (!right) continue;
    frames++;
    const free = new Set(right);
    for (const one of left) {
      const other = best(one, free);
      if (other) {
        free.delete(other);
        matched += 2;
      } else if (one[4] >= minScore + MARGIN) unmatched++;
    }
    for (const other of free) if (other[4] >= minScore + MARGIN) unmatched++;
  }
  const detections = matched + unmatched;
  return { share: detections === 0 ? (frames > 0 ? 1 : 0) : matched / detections, frames, detections };
}

function best(one: PeerDetection, others: Iterable<PeerDetection>): PeerDetection | undefined {
  let found: PeerDetection | undefined;
  let most = MIN_IOU;
  for (const other of others) {
    if (other[5] !== one[5] || Math.abs(other[4] - one[4]) > MAX_SCORE_DIFFERENCE) continue;
    const overlap = iou(one, other);
    if (overlap >= most) [found, most] = [other, overlap];
  }
  return found;
}

function iou(a: PeerDetection, b: PeerDetection): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (a[2] * a[3] + b[2] * b[3] - common);
}

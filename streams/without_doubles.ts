import type { Box, Detection } from "../src/core/results.ts";

/** Two boxes of one label in different crops that overlap by more are of one thing. */
const SAME = 0.5;

/** Detections of several crops, best first, each thing once although crops overlap. */
export function withoutDoubles(found: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  const best = found.toSorted((a, b) => b.score - a.score || a.of! - b.of!);
  for (const detection of best) {
    const seen = kept.some(({ of, label, box }) =>
      of !== detection.of && label === detection.label && overlap(box, detection.box) > SAME
    );
    if (!seen) kept.push(detection);
  }
  return kept;
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

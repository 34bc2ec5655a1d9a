import type { Box } from "../core/results.ts";

/** Pixels that hang together (also over corners): the box around them and how many they are. */
export interface Region {
  box: Box;
  pixels: number;
}

/** The regions of a mask, largest first. Gaps of `bridge` pixels do not part a region. */
export function regionsOf(mask: Uint8Array, width: number, height: number, { bridge = 1 } = {}): Region[] {
  const seen = new Uint8Array(mask.length);
  const stack: number[] = [];
  const regions: Region[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || seen[start] !== 0) continue;
    let [left, right, top, bottom] = [width, 0, height, 0];
    let pixels = 0;
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const index = stack.pop()!;
      const x = index % width;
      const y = (index - x) / width;
      pixels++;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      const reach = bridge + 1;
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
          const next = row * width + column;
          if (mask[next] === 0 || seen[next] !== 0) continue;
          seen[next] = 1;
          stack.push(next);
        }
      }
    }
    regions.push({ box: [left, top, right - left + 1, bottom - top + 1], pixels });
  }
  return regions.sort((a, b) => b.pixels - a.pixels);
}

/** The area that a closed ring `[x0, y0, x1, y1, …]` encloses: above zero when it runs clockwise on a screen. */
export function ringArea(ring: ArrayLike<number>): number {
  let twice = 0;
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    twice += ring[last] * ring[i + 1] - ring[i] * ring[last + 1];
  }
  return twice / 2;
}

/** A closed ring with fewer points, none of those left out further than `tolerance` from it (Douglas and Peucker). */
export function simplifyRing(ring: readonly number[], tolerance: number): number[] {
  const count = ring.length / 2;
  if (count <= 3) return [...ring];
  // A ring has no ends: the first point and the one that is furthest from it stay whatever comes.
  let furthest = 0;
  let most = -1;
  for (let i = 1; i < count; i++) {
    const distance = (ring[i * 2] - ring[0]) ** 2 + (ring[i * 2 + 1] - ring[1]) ** 2;
    if (distance > most) [furthest, most] = [i, distance];
  }
  const kept = new Uint8Array(count);
  kept[0] = kept[furthest] = 1;
  const open: [from: number, to: number][] = [[0, furthest], [furthest, count]];
  for (let span = open.pop(); span; span = open.pop()) {
    const [from, to] = span;
    let worst = -1;
    let distance = tolerance;
    for (let i = from + 1; i < to; i++) {
      const away = distanceTo(ring, i, { from, to: to % count });
      if (away > distance) [worst, distance] = [i, away];
    }
    if (worst < 0) continue;
    kept[worst] = 1;
    open.push([from, worst], [worst, to]);
  }
  const simple: number[] = [];
  for (let i = 0; i < count; i++) {
    if (kept[i]) simple.push(ring[i * 2], ring[i * 2 + 1]);
  }
  return simple;
}

/** How far a point is from the stretch between two others. */
function distanceTo(ring: readonly number[], i: number, { from, to }: { from: number; to: number }): number {
  const [x, y] = [ring[from * 2], ring[from * 2 + 1]];
  const [dx, dy] = [ring[to * 2] - x, ring[to * 2 + 1] - y];
  const [px, py] = [ring[i * 2] - x, ring[i * 2 + 1] - y];
  const squared = dx * dx + dy * dy;
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
  return Math.hypot(px - share * dx, py - share * dy);
}

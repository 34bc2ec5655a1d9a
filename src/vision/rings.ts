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
    const worst = furthestFrom(ring, { from, to, tolerance });
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

/** The point between two others that is furthest from the stretch between them; -1 when none is beyond the tolerance. */
function furthestFrom(
  ring: readonly number[],
  { from, to, tolerance }: { from: number; to: number; tolerance: number },
): number {
  const x = ring[from * 2];
  const y = ring[from * 2 + 1];
  const last = (to * 2) % ring.length;
  const dx = ring[last] - x;
  const dy = ring[last + 1] - y;
  const squared = dx * dx + dy * dy;
  let worst = -1;
  let most = tolerance * tolerance;
  for (let i = from + 1; i < to; i++) {
    let px = ring[i * 2] - x;
    let py = ring[i * 2 + 1] - y;
    if (squared > 0) {
      const share = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      px -= share * dx;
      py -= share * dy;
    }
    const away = px * px + py * py;
    if (away > most) {
      most = away;
      worst = i;
    }
  }
  return worst;
}

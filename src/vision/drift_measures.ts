// How far two samples of something are from being of the same making.

/** Stands for a share of nothing: no logarithm takes zero. */
const EMPTY = 1e-4;
/** The least spread that distances are counted in. */
const LEAST_SPREAD = 1e-3;

/**
 * The population stability index of two histograms over the same bins: Σ (q − p) · ln(q / p), empty bins counted as 0.0001.
 */
export function populationStability(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = [shares(reference), shares(current)].map((all) => all.map((share) => share === 0 ? EMPTY : share));
  return p.reduce((sum, share, bin) => sum + (q[bin] - share) * Math.log(q[bin] / share), 0);
}

/** The Jensen–Shannon distance of two histograms over the same bins: 0 for the same, √ln 2 for nothing in common. */
export function jensenShannon(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = [shares(reference), shares(current)];
  const towards = (share: number, middle: number) => share === 0 ? 0 : share * Math.log(share / middle);
  const divergence = p.reduce((sum, share, bin) => {
    const middle = (share + q[bin]) / 2;
    return sum + towards(share, middle) + towards(q[bin], middle);
  }, 0) / 2;
  return Math.sqrt(Math.max(0, divergence));
}

/** How many of each sample fall into the bins that Sturges' rule makes of both together. */
export function sturgesHistograms(
  reference: readonly number[],
  current: readonly number[],
): { reference: number[]; current: number[] } {
  const [low, high] = extent(reference, current);
  const count = reference.length + current.length;
  const bins = high > low ? Math.ceil(Math.log2(count) + 1) : 1;
  // Where a value lies on an edge, it matters how that was computed: this is how others do.
  const width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, edge) => low + edge * width);
  edges[bins] = high;
  const histogram = (values: readonly number[]) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      let bin = high > low ? Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins)) : 0;
      // What is computed must not disagree with where the edges are.
      if (bin > 0 && value < edges[bin]) bin--;
      else if (bin < bins - 1 && value >= edges[bin + 1]) bin++;
      counts[bin]++;
    }
    return counts;
  };
  return { reference: histogram(reference), current: histogram(current) };
}

/** How many of each sample there are of every kind that is in either, by kind. */
export function categoryHistograms(
  reference: readonly string[],
  current: readonly string[],
): { kinds: string[]; reference: number[]; current: number[] } {
  const kinds = [...new Set([...reference, ...current])].sort();
  const index = new Map(kinds.map((kind, n) => [kind, n]));
  const histogram = (values: readonly string[]) => {
    const counts = new Array<number>(kinds.length).fill(0);
    for (const value of values) counts[index.get(value)!]++;
    return counts;
  };
  return { kinds, reference: histogram(reference), current: histogram(current) };
}

/** How far mass has to be carried to make one sample of the other (Wasserstein's first distance), in the values' unit. */
export function wasserstein(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = [sorted(reference), sorted(current)];
  const all = sorted([...reference, ...current]);
  let [i, j, sum] = [0, 0, 0];
  for (let n = 0; n + 1 < all.length; n++) {
    while (i < p.length && p[i] <= all[n]) i++;
    while (j < q.length && q[j] <= all[n]) j++;
    sum += Math.abs(i / p.length - j / q.length) * (all[n + 1] - all[n]);
  }
  return sum;
}

/** The same counted in the reference's standard deviations. */
export function normedWasserstein(reference: readonly number[], current: readonly number[]): number {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const variance = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reference.length;
  return wasserstein(reference, current) / Math.max(Math.sqrt(variance), LEAST_SPREAD);
}

/** The test of Kolmogorov and Smirnov on two samples: the largest gap between their distributions, and its exact p. */
export function kolmogorovSmirnov(
  reference: readonly number[],
  current: readonly number[],
): { statistic: number; p: number } {
  const [a, b] = [sorted(reference), sorted(current)];
  const [m, n] = [a.length, b.length];
  let [i, j, most] = [0, 0, 0];
  while (i < m && j < n) {
    const value = Math.min(a[i], b[j]);
    while (i < m && a[i] === value) i++;
    while (j < n && b[j] === value) j++;
    // In whole numbers, so that equal gaps are equal.
    most = Math.max(most, Math.abs(i * n - j * m));
  }
  return { statistic: most / (m * n), p: exactP(most, m, n) };
}

/**
 * The chance that two samples of the same making are at least so far apart: the share of all ways to interleave them whose
 * gap reaches `most` / (m·n), counted way by way (Hodges 1958).
 */
function exactP(most: number, m: number, n: number): number {
  // A share of inside ways for each point of a row, scaled so that nothing overflows.
  const inside = new Float64Array(n + 1);
  for (let j = 0; j <= n; j++) inside[j] = j * m < most ? 1 : 0;
  for (let i = 1; i <= m; i++) {
    const scale = i / (i + n);
    inside[0] = i * n < most ? inside[0] * scale : 0;
    for (let j = 1; j <= n; j++) {
      inside[j] = Math.abs(i * n - j * m) < most ? inside[j] * scale + inside[j - 1] : 0;
    }
  }
  return Math.min(1, Math.max(0, 1 - inside[n]));
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

function extent(...samples: readonly (readonly number[])[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of samples) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

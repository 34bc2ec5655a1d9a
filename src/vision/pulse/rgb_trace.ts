/** Mean colours over time at a steady rate: red, green and blue, 0–255. */
export type RgbTrace = readonly [red: Float64Array, green: Float64Array, blue: Float64Array];

/** Mean and standard deviation of a stretch. */
export function moments(values: ArrayLike<number>, from = 0, to = values.length): { mean: number; deviation: number } {
  const mean = meanOf(values, from, to);
  let squares = 0;
  for (let i = from; i < to; i++) squares += (values[i] - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / (to - from)) };
}

/** The mean of a stretch alone. */
export function meanOf(values: ArrayLike<number>, from = 0, to = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

/** The values at a steady rate from the first time to the last, straight between the samples; times in seconds, rising. */
export function resample(times: ArrayLike<number>, values: ArrayLike<number>, fps: number): Float64Array {
  if (times.length === 0) return new Float64Array(0);
  const first = times[0];
  const size = Math.floor((times[times.length - 1] - first) * fps + 1e-6) + 1;
  const even = new Float64Array(size);
  for (let i = 0, k = 0; i < size; i++) {
    const at = first + i / fps;
    while (k + 2 < times.length && times[k + 1] <= at) k++;
    const next = Math.min(k + 1, times.length - 1);
    const span = times[next] - times[k];
    const share = span > 0 ? Math.min(1, Math.max(0, (at - times[k]) / span)) : 0;
    even[i] = values[k] + (values[next] - values[k]) * share;
  }
  return even;
}

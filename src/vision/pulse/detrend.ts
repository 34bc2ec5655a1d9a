/**
 * Takes slow drift out (Tarvainen's smoothness priors): what is left is x − (I + λ²D₂ᵀD₂)⁻¹x. The matrix has five
 * diagonals, so this takes a time proportional to the length.
 */
export function detrend(values: ArrayLike<number>, lambda: number): Float64Array {
  const size = values.length;
  if (size < 3) return new Float64Array(size);
  const weight = lambda * lambda;
  const main = new Float64Array(size).fill(1), next = new Float64Array(size), far = new Float64Array(size);
  for (let i = 0; i + 2 < size; i++) {
    main[i] += weight;
    main[i + 1] += 4 * weight;
    main[i + 2] += weight;
    next[i] -= 2 * weight;
    next[i + 1] -= 2 * weight;
    far[i] += weight;
  }
  // L·D·Lᵀ in place: main becomes D, next and far the diagonals of L below its own.
  const trend = Float64Array.from(values);
  for (let i = 0; i < size; i++) {
    if (i >= 1) {
      main[i] -= next[i - 1] * next[i - 1] * main[i - 1];
      next[i] -= next[i - 1] * far[i - 1] * main[i - 1];
      trend[i] -= next[i - 1] * trend[i - 1];
    }
    if (i >= 2) {
      main[i] -= far[i - 2] * far[i - 2] * main[i - 2];
      trend[i] -= far[i - 2] * trend[i - 2];
    }
    // The pivots above are final, and row i−2 no longer reaches beyond i.
    next[i] /= main[i];
    far[i] /= main[i];
  }
  for (let i = size - 1; i >= 0; i--) {
    trend[i] /= main[i];
    if (i + 1 < size) trend[i] -= next[i] * trend[i + 1];
    if (i + 2 < size) trend[i] -= far[i] * trend[i + 2];
  }
  return trend.map((value, index) => values[index] - value);
}

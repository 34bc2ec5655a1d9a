const RECENT = 100;

/** Inference times of one stream, milliseconds. */
export interface InferenceReport {
  count: number;
  mean: number;
  /** Mean of the last hundred. */
  recent: number;
  min: number;
  max: number;
}

/** Gathers the inference times of one stream; memory is fixed. */
export class InferenceTimes {
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;
  #recent = new Float64Array(RECENT);

  /** Folds a time in. A stream without a model infers nothing: zero is no time. */
  push(inferMs: number): void {
    if (inferMs === 0) return;
    this.#recent[this.#count++ % RECENT] = inferMs;
    this.#sum += inferMs;
    this.#min = Math.min(this.#min, inferMs);
    this.#max = Math.max(this.#max, inferMs);
  }

  /** What the times come to; undefined when there were none. */
  read(): InferenceReport | undefined {
    if (this.#count === 0) return undefined;
    const held = this.#recent.subarray(0, Math.min(this.#count, RECENT));
    return {
      count: this.#count,
      mean: this.#sum / this.#count,
      recent: held.reduce((sum, value) => sum + value, 0) / held.length,
      min: this.#min,
      max: this.#max,
    };
  }
}

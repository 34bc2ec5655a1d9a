/** Writes one line of an exposition: what is added to the metric's name and to its labels, and the value. */
export type WriteLine = (suffix: "" | "_bucket" | "_sum" | "_count", label: string, value: number) => void;

/** What a metric's series does when it is scraped. */
export interface Series {
  write(line: WriteLine): void;
}

/** A count that only rises. */
export class CounterSeries implements Series {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** Counts. What would lower the count is left out. */
  add(count = 1): void {
    if (count > 0) this.#value += count;
  }

  write(line: WriteLine): void {
    line("", "", this.#value);
  }
}

/** A value that rises and falls. */
export class GaugeSeries implements Series {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  set(value: number): void {
    this.#value = value;
  }

  add(difference: number): void {
    this.#value += difference;
  }

  write(line: WriteLine): void {
    line("", "", this.#value);
  }
}

/** How often values fell below each of some bounds. Observing touches two numbers and builds nothing. */
export class HistogramSeries implements Series {
  #counts: Float64Array;
  #sum = 0;

  constructor(private readonly shape: HistogramShape) {
    this.#counts = new Float64Array(shape.bounds.length + 1);
  }

  /** How many values came in. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get sum(): number {
    return this.#sum;
  }

  /** Folds a value in; what is no number is left out. */
  observe(value: number): void {
    if (!(value > -Infinity && value < Infinity)) return;
    const { bounds } = this.shape;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) bucket++;
    this.#counts[bucket]++;
    this.#sum += value;
  }

  write(line: WriteLine): void {
    let below = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      below += this.#counts[bucket];
      line("_bucket", this.shape.labels[bucket], below);
    }
    line("_sum", "", this.#sum);
    line("_count", "", below);
  }
}

/** The buckets of a histogram, as rising upper bounds and as labels; shared by all series of a metric. */
export interface HistogramShape {
  readonly bounds: readonly number[];
  readonly labels: readonly string[];
}

/** The shape of a histogram with these upper bounds. */
export function histogramShape(bounds: readonly number[]): HistogramShape {
  if (bounds.some((bound, index) => !Number.isFinite(bound) || (index > 0 && bound <= bounds[index - 1]))) {
    throw new RangeError(`Cannot make a histogram of the bounds ${bounds.join(", ")}: they must be finite and rise`);
  }
  // OpenMetrics wants one spelling of each bound, with a decimal point.
  const labels = bounds.map((bound) => `le="${Number.isInteger(bound) ? bound.toFixed(1) : String(bound)}"`);
  return { bounds, labels: [...labels, 'le="+Inf"'] };
}

/** A sum and a count without buckets: its mean over any time is the ratio of their increases. */
export class SummarySeries implements Series {
  #sum = 0;
  #count = 0;

  /** Folds `count` values in that come to `sum`. */
  add(sum: number, count: number): void {
    this.#sum += sum;
    this.#count += count;
  }

  write(line: WriteLine): void {
    line("_sum", "", this.#sum);
    line("_count", "", this.#count);
  }
}

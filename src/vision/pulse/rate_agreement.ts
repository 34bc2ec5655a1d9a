/** A rate that was told, and the true one. */
export interface RatePair {
  bpm: number;
  truth: number;
}

/** How well rates agree with the truth; errors in beats a minute, shares 0 to 1. */
export interface RateAgreement {
  count: number;
  mae: number;
  rmse: number;
  /** Pearson's correlation. */
  r: number;
  within5: number;
  within10: number;
  /** Mean error: what is told too high, all in all. */
  bias: number;
  /** 95 % of errors lie within so much of the bias. */
  limits: number;
}

/** The usual figures over pairs; undefined when there are none. */
export function rateAgreement(pairs: readonly RatePair[]): RateAgreement | undefined {
  const count = pairs.length;
  if (count === 0) return undefined;
  const errors = pairs.map(({ bpm, truth }) => bpm - truth);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [told, known] = [mean(pairs.map(({ bpm }) => bpm)), mean(pairs.map(({ truth }) => truth))];
  let shared = 0, ours = 0, theirs = 0;
  for (const { bpm, truth } of pairs) {
    shared += (bpm - told) * (truth - known);
    ours += (bpm - told) ** 2;
    theirs += (truth - known) ** 2;
  }
  const bias = mean(errors);
  const share = (most: number) => errors.filter((error) => Math.abs(error) <= most).length / count;
  return {
    count,
    mae: mean(errors.map(Math.abs)),
    rmse: Math.sqrt(mean(errors.map((error) => error * error))),
    r: ours > 0 && theirs > 0 ? shared / Math.sqrt(ours * theirs) : 0,
    within5: share(5),
    within10: share(10),
    bias,
    limits: 1.96 * Math.sqrt(mean(errors.map((error) => (error - bias) ** 2))),
  };
}

/**
 * What is looked at: how sure the model is, of what, how large that is, how bright the picture, how strange its vector,
 * and, of hearts, how fast they beat.
 */
export const DRIFT_FIGURES = ["score", "class", "size", "brightness", "embedding", "rate"] as const;

/** One out of {@link DRIFT_FIGURES}. */
export type DriftFigureName = (typeof DRIFT_FIGURES)[number];

/** How far things have moved: not worth a word, worth watching, worth doing something. */
export type DriftLevel = "steady" | "watch" | "act";

/** How far one figure is from what it was. */
export interface DriftFigure {
  psi: number;
  jensenShannon: number;
  /** In standard deviations of the reference. */
  wasserstein?: number;
  /** The p of Kolmogorov and Smirnov, where there are few enough samples for it to mean something. */
  ksP?: number;
  level: DriftLevel;
}

/** What a look at the present finds. */
export interface DriftReport {
  /** `learning` until there is a reference, `gathering` until the window is full. */
  state: "learning" | "gathering" | DriftLevel;
  /** Samples in the reference, and in the window. */
  reference: number;
  current: number;
  figures: Partial<Record<DriftFigureName, DriftFigure>>;
  /** What has moved and how, for people. */
  reasons: string[];
}

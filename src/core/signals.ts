/** How a signal can be read: each a way from colours to a rate; `auto` takes what fits. */
export const SIGNAL_METHODS = [
  "auto",
  "network",
  "pos",
  "chrom",
  "lgi",
  "omit",
  "green",
  "red",
  "blue",
] as const;

/** One of {@link SIGNAL_METHODS}. */
export type SignalMethod = (typeof SIGNAL_METHODS)[number];

/** Mean colours of skin over time, which somebody has measured himself. Its bytes move. */
export interface SignalRequest {
  /** When each was, seconds, rising. */
  times: Float64Array<ArrayBuffer>;
  /** Red, green and blue, 0–255 or 0–1; or what is left of them where their means were taken off. */
  channels: readonly [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>];
  method: SignalMethod;
  /** Below this confidence no rate is told. */
  minConfidence: number;
}

/** What a signal says of the heart. */
export interface SignalPrediction {
  /** The network that was asked, where one was. */
  model?: string;
  /** Beats a minute; null where the confidence is too low for one. */
  heart_rate_bpm: number | null;
  /** How likely the rate is to be within 5 BPM, 0 to 1. */
  confidence: number;
  /** The rate lies between these nine times in ten. */
  interval: [low: number, high: number] | null;
  method: Exclude<SignalMethod, "auto">;
  snr_db: number | null;
  /** How much of the signal was looked at: of a long one its end. */
  window_s: number;
  /** What speaks against a rate, or against trusting it. */
  reasons: string[];
  notice: string;
  /** From the signal's arrival to its answer. */
  processing_time_ms: number;
}

/** One signal that was asked about, for the figures. */
export interface SignalOutcome {
  status: "success" | "invalid" | "error";
  seconds: number;
  /** The rate that was told. */
  bpm?: number;
}

/** Reads signals in the threads that streams have. */
export interface SignalService {
  /** `read` gives the request, or throws what is wrong with it: that counts as an answer, too. */
  run(read: () => SignalRequest, signal: AbortSignal): Promise<SignalPrediction>;
}

import type { FrameInfo, Picture } from "./frame.ts";
import type { AnalyzerOutput, ModelOutput } from "./results.ts";

/** What an analyzer sees of one frame. */
export interface AnalyzerFrame {
  info: FrameInfo;
  /** Size in source pixels. */
  width: number;
  height: number;
  /** Outputs of the earlier steps, by step name. An analyzer may enrich them (a tracker sets `track`). */
  outputs: Record<string, ModelOutput | AnalyzerOutput>;
  /** The decoded frame itself; valid during the call only, unless retained. */
  picture?: Picture;
}

/** Turns outputs over time into meaning. One instance per stream and step. */
export interface Analyzer {
  /** Folds one frame in and answers what is to be published under the step's name, if anything. */
  push(frame: AnalyzerFrame): AnalyzerOutput | undefined;
  /** A new epoch: motion state is forgotten, totals live on. */
  reset(): void;
}

import type { DriftReport } from "./drift.ts";
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
  /**
   * Takes the frame out: no later step sees it, no result is published, and it counts as `sampled`. Allowed in every
   * step; before the first model it saves the model's run.
   */
  hold?(): void;
  /** Tells people of something; it goes out right after the frame's result, under the step's name. */
  alert?(alert: RaisedAlert): void;
}

/** What people are to be told of. */
export interface RaisedAlert {
  message: string;
  /** The frame goes along as a JPEG: how large, how good, and whether with its results drawn on it. */
  picture?: { width: number; quality: number; overlay: boolean };
}

/** Turns outputs over time into meaning. One instance per stream and step. */
export interface Analyzer {
  /** Folds one frame in and answers what is to be published under the step's name, if anything. */
  push(frame: AnalyzerFrame): AnalyzerOutput | undefined;
  /** A new epoch: motion state is forgotten, totals live on. */
  reset(): void;
  /** Tells it of the models of its pipeline, by step; before the first frame, and whenever they change. */
  follow?(models: Readonly<Record<string, AnalyzedModel>>): void;
  /** Gives back what it remembered in an earlier life, before the first frame. Whatever that was, it must not throw. */
  recall?(memory: unknown): void;
  /** What must outlive this thread, when it has changed since it was asked last; it must survive as JSON. */
  remember?(): unknown;
  /** Does something that people ask for by name; throws when it cannot. */
  order?(order: string): void;
  /** How it stands, for the stream's status. */
  drift?(): DriftReport;
}

/** A model whose answers an analyzer sees. */
export interface AnalyzedModel {
  name: string;
  sha256: string;
}

/** `[x, y, width, height]` in source pixels. */
export type Box = [x: number, y: number, width: number, height: number];

/** One thing found in a picture. */
export interface Detection {
  box: Box;
  label: string;
  classId: number;
  score: number;
  /** Identity over time, once a tracker gave one. */
  track?: number;
  /** Landmarks or a skeleton: `[x, y, score?]` in source pixels. */
  keypoints?: number[][];
  /** Of a step that runs on crops: the `of` of the crop in which it was found. */
  of?: number;
  /**
   * Its outline: closed rings, each flat `[x0, y0, x1, y1, …]` in source pixels. Inside is what an odd number of them
   * encloses; rings around holes run the other way (their shoelace area is negative).
   */
  mask?: number[][];
}

/** One class with its score, best first in a list. */
export interface ClassScore {
  label: string;
  classId: number;
  score: number;
}

/** What one head says of a feature vector. */
export interface HeadOutput {
  /** The likeliest class. */
  label: string;
  classId: number;
  score: number;
  /** Of all classes, in their order. */
  probabilities: number[];
}

/** What a model says of one picture. */
export interface ModelOutput {
  model: string;
  /** Which version of it answered, where it has versions. */
  version?: string;
  detections?: Detection[];
  classes?: ClassScore[];
  embedding?: number[];
  /** Heads on a feature vector, by name. */
  heads?: Record<string, HeadOutput>;
  /** What the model's maker wants said wherever its answers are shown. */
  notice?: string;
  /** The model did not run: this is its answer to something nearly the same. */
  cached?: true;
  /** Outputs of a model without a known meaning, flattened. */
  tensors?: Record<string, { shape: number[]; data: number[] }>;
  /**
   * Of a step that runs on what an earlier one found (`on`): an entry for each crop that was run in this frame, in the
   * order of the earlier step's detections. What a detector found in them stands in `detections`.
   */
  crops?: CropOutput[];
  /** Crops that were due in this frame and had no place among the most that a frame may have. */
  skipped?: number;
  /** Crops in this frame that have an error in the place of an answer. */
  failed?: number;
}

/** What a model says of one crop of the picture, or of a vector that came of one. */
export interface CropOutput
  extends Omit<ModelOutput, "model" | "version" | "notice" | "detections" | "crops" | "skipped" | "failed"> {
  /** Which version answered, where it is not the step's: one that is tried on a share of the crops. */
  version?: string;
  /** Which of the earlier step's detections it is, from 0. */
  of: number;
  /** The identity that the detection had when it was cut out. */
  track?: number;
  /** The detection's label. */
  label: string;
  /** What was cut out, in whole source pixels, margin included. */
  box: Box;
  /** Why there is no answer. */
  error?: string;
}

/** What an analyzer says; its shape is the analyzer's own. */
export type AnalyzerOutput = Record<string, unknown>;

/** Where the time of one result went, milliseconds. */
export interface Timings {
  /** Decoding the picture. */
  decodeMs: number;
  /** From decoded to the start of the model's run, without the preparing: waiting for a turn, travelling. */
  queueMs: number;
  /** Scaling the picture into the model's input. */
  prepareMs: number;
  /** The model's run. */
  inferMs: number;
  /** Reading the model's output and analysing it. */
  postMs: number;
}

/** The one envelope of results, the same on every way out. */
export interface ResultEnvelope {
  v: 1;
  type: "result";
  stream: string;
  epoch: number;
  seq: number;
  /** Presentation time, seconds. */
  pts: number;
  capturedAt?: string;
  ageMs?: number;
  frame: { width: number; height: number };
  timings?: Timings;
  /** By step name. */
  outputs: Record<string, ModelOutput | AnalyzerOutput>;
}

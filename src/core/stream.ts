import type { CaptureRules, CaptureUsage } from "./captures.ts";
import type { DriftReport } from "./drift.ts";
import type { DropCause } from "./drops.ts";
import type { RunOverrides } from "./inference.ts";
import type { LedgerReading } from "./ledger.ts";
import type { SourceProperties } from "./source.ts";
import type { Timings } from "./results.ts";

/** What a stream can be doing. */
export const STREAM_STATES = [
  "connecting",
  "running",
  "stalled",
  "backoff",
  "paused",
  "stopping",
  "stopped",
  "failed",
] as const;

/** One state out of {@link STREAM_STATES}. */
export type StreamState = (typeof STREAM_STATES)[number];

/** What happens to a frame that comes while all places are taken. */
export type FlowMode =
  /** The newest replaces the one that waits (cameras). */
  | "latest"
  /** The source waits (files: every frame counts). */
  | "block"
  /** A queue; the oldest leaves. */
  | "drop-oldest"
  /** A queue; the newcomer leaves. */
  | "drop-newest";

/** How a stream trades completeness against freshness. */
export interface StreamPolicy {
  mode: FlowMode;
  /** At most this many frames a second reach the pipeline. */
  fps?: number;
  /** Every nth frame only. */
  every?: number;
  /** Only frames that decode alone. */
  keyframes?: boolean;
  /** Results older than this are worth nothing: such frames are dropped before they cost. */
  maxAgeMs?: number;
  /** Share of the models' time against other streams. */
  weight: number;
  /** Places in the queue of `drop-oldest` and `drop-newest`. */
  capacity: number;
  /** No frame for this long and a live stream counts as stalled; twice as long and it is connected anew. */
  stallMs?: number;
  /** Reconnects allowed in a time before the stream is given up; without it a live stream is never given up. */
  restarts?: { count: number; withinMs: number };
}

/** How a model runs on what an earlier step found. */
export interface CascadeOptions {
  /** The earlier step, or the step and a label of it: `detect.person`. */
  on?: string;
  /** Share of a box's size that is added on each of its sides. */
  margin?: number;
  /** Boxes whose shorter side has fewer source pixels are left out. */
  minSize?: number;
  /** The most crops of one frame. */
  max?: number;
  /** Every nth sighting of a track; of what has no track, every nth frame. */
  everyNth?: number;
  /** Answers stand for those that come after and are nearly the same. */
  cache?: SimilarityOptions;
}

/** When an answer stands for another one of the same session. */
export interface SimilarityOptions {
  /** The least cosine between the two vectors. */
  similarity?: number;
  /** The most answers that a stream remembers. */
  entries?: number;
  /** Share of the hits that are run nevertheless, to see whether they would have been right. */
  sample?: number;
  /** An answer is forgotten after so many seconds. */
  keepS?: number;
}

/** One step of a pipeline: a model or an analyzer, with its options. */
export type PipelineStep =
  | ({ model: string; name?: string; publish?: boolean } & RunOverrides & CascadeOptions)
  | { analyzer: string; name?: string; [option: string]: unknown };

/** A registered stream, parsed and complete. */
export interface StreamRegistration {
  id: string;
  source: { kind: string; [option: string]: unknown };
  pipeline: PipelineStep[];
  policy: StreamPolicy;
  /** Where its events go besides the hub. */
  sinks?: { kind: string; [option: string]: unknown }[];
  /** Which of its frames are kept. */
  capture?: CaptureRules;
  labels: Record<string, string>;
}

/** Percentiles of a duration over the recent past, milliseconds. */
export interface Distribution {
  count: number;
  mean: number;
  min: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** What a step that runs on an earlier one's answers has done so far. */
export interface CascadeFigures {
  /** Crops, or vectors, that it was run on. */
  runs: number;
  /** Those that gave no answer. */
  failed: number;
  /** Those that were due and had no place among the most that a frame may have. */
  skipped: number;
  cache?: SimilarityFigures;
}

/** What a similarity cache has brought so far. */
export interface SimilarityFigures {
  /** Answers that stood for another one's. */
  hits: number;
  /** Of those, answers that another server knew. */
  adopted: number;
  misses: number;
  /** Vectors without a direction, which are like no other. */
  unusable: number;
  /** Answers remembered now. */
  entries: number;
  /** Answers forgotten for want of room. */
  evicted: number;
  /** Hits that were run nevertheless. */
  checked: number;
  /** Of those, how many said the same as the answer that would have stood for them. */
  agreed: number;
  /** What the runs that were not made would have taken, milliseconds. */
  savedMs: number;
}

/** A stream as it stands. */
export interface StreamStatus {
  id: string;
  /** When this was read, Unix milliseconds. */
  atMs: number;
  state: StreamState;
  /** Why it is in that state, where there is a why. Never holds credentials. */
  cause?: { code: string; message: string };
  /** Since when it is in that state, Unix milliseconds. */
  sinceMs: number;
  epoch: number;
  restarts: number;
  /** When the next attempt comes, Unix milliseconds, in `backoff`. */
  nextAttemptMs?: number;
  frames: LedgerReading;
  fpsIn: number;
  fpsOut: number;
  age: Distribution;
  timings: Record<keyof Timings, Distribution>;
  /** The most memory this stream's frames can take, computed from its configuration and its source's size. */
  memoryBoundBytes: number;
  properties?: SourceProperties;
  /** The latest thing that cost a frame, and how many it has cost so far. */
  fault?: { cause: DropCause; message: string; atMs: number; count: number };
  /** By step, for those that run on an earlier one's answers. */
  cascades?: Record<string, CascadeFigures>;
  /** Pictures encoded for those who watch; those that could not be made; those that came too fast to be taken. */
  pictures?: { encoded: number; failed: number; missed: number; fault?: string };
  /** What was taken to be kept, where something is. */
  capture?: CaptureUsage;
  /** How far what steps see has drifted from their references, by step. */
  drift?: Record<string, DriftReport>;
}

/** A stream changed its state. */
export interface StateEvent {
  v: 1;
  type: "state";
  stream: string;
  state: StreamState;
  previous: StreamState;
  cause?: { code: string; message: string };
  at: string;
  epoch: number;
  restarts: number;
  nextAttemptMs?: number;
}

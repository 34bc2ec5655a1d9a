import type { ModelOutput } from "./results.ts";

/** What a frame asks of a model: when its answer stops being worth anything, and how much the stream counts. */
export interface TurnRequest {
  stream: string;
  /** On the clock of `nowMs()`; infinite when the answer is worth having at any time. */
  deadlineMs: number;
  weight: number;
  /** A newer frame may take this one's place: the turn is to come as late as it can, not as early. */
  late: boolean;
  /** Nobody waits for the answer: turns may be given well ahead. */
  patient?: boolean;
  /** Only when nothing else waits or runs anywhere: nobody publishes what comes of it. */
  spare?: boolean;
}

/** The answer of a model's run. */
export interface Inferred {
  output: ModelOutput;
  /** When the run began, on the clock of `nowMs()`. */
  startedAtMs: number;
  inferMs: number;
  readMs: number;
}

/** The same with what it took to make the model's input. */
export interface PreparedAndInferred extends Inferred {
  prepareMs: number;
}

/** What a step may set for itself over the model's own thresholds. */
export interface RunOverrides {
  minScore?: number;
  iou?: number;
  maxDetections?: number;
}

/** Where a buffer that travelled comes home to. */
export interface BufferHome {
  give(buffer: ArrayBuffer): void;
  /** The buffer is lost with the thread that held it. */
  forget(): void;
}

/** Whose run it is, of a model that carries a state from frame to frame. */
export interface RunMemory {
  stream: string;
  /** What of the stream is followed: the step, and in it the track. */
  of: string;
  /** A new one begins anew. */
  epoch: number;
  ptsUs: number;
}

/** How a picture lies in the tensor that travels. */
export interface TurnInput {
  /** The final bytes of the model's input for one picture; travels by transfer and comes back. */
  buffer: ArrayBuffer;
  /** From the preparer; lets the adapter map back to source pixels. */
  placement: unknown;
  /** What the step sets over the model's own thresholds. */
  overrides?: RunOverrides;
  /** Where the model's state comes from and goes to; without it, it begins and ends with this picture. */
  memory?: RunMemory;
  home: BufferHome;
}

/**
 * The right to run one frame now. A model's replica is waiting for it, so it is used at once, with the newest frame
 * there is, or passed on.
 */
export interface Turn {
  /** What a run has cost lately, milliseconds. */
  readonly expectedMs: number;
  /** How long a replica for it had to be waited for. */
  readonly waitedMs: number;
  /** Runs the model; the buffer is back in its pool when this settles. Rejects when the run fails or the replica dies. */
  run(input: TurnInput): Promise<Inferred>;
  /** Gives the turn back unused. */
  pass(): void;
}

/** Where turns come from. */
export interface Turns {
  /** Resolves when a replica of the model is free, or about to be, and this stream is next. */
  request(model: string, request: TurnRequest, signal: AbortSignal): Promise<Turn>;
}

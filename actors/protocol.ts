import type { RunMemory, RunOverrides, TurnRequest } from "../src/core/inference.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { AlertEvent } from "../src/core/events.ts";
import type { ModelOutput, ResultEnvelope } from "../src/core/results.ts";
import type { StateEvent, StreamRegistration } from "../src/core/stream.ts";
import type { AnsweredPicture, WantedPicture, WatchedPicture } from "../streams/pictures.ts";
import type { Device } from "../src/core/model.ts";
import type { CapturedClip, CapturedFrame } from "../src/core/captures.ts";
import type { KeepingPlace } from "../streams/keeping.ts";
import type { ImageHeader } from "../streams/av/image_header.ts";
import type { PushedFrame } from "../streams/sources/inlet.ts";
import type { SourceRulesOptions } from "../streams/sources/source_rules.ts";
import type { SignalQuestion } from "./signals.ts";
import type { StillPipelineQuestion } from "./still_pipelines.ts";
import type { StillQuestion } from "./stills.ts";
import type { ThumbnailQuestion } from "./thumbnails.ts";

// Who says what to whom. Main tells, workers emit; the frames' own messages go from port to port, past main.

/** Main to the dispatcher. */
export type ToDispatcher =
  | { type: "streams"; worker: number; port: MessagePort }
  | { type: "streamsGone"; worker: number }
  | { type: "replica"; model: string; replica: number; port: MessagePort; turn: SharedArrayBuffer }
  | { type: "gone"; replica: number }
  | { type: "stats" };

/** Stream worker to dispatcher: a frame waits (`offer`), or no longer does. */
export type OfferMessage =
  | ({ type: "offer"; key: number; model: string } & TurnRequest)
  | { type: "withdraw"; key: number };

/** Dispatcher to stream worker: the turn of these offers has come, at that replica. */
export interface GrantMessage {
  keys: number[];
  replica: number;
  /** Which of the replica's batches this belongs to, and how many belong to it. */
  batch: number;
  of: number;
  atMs: number;
  expectedMs: number;
}

/** Replica to dispatcher: it is free for `room` frames, in `freeInMs` from now. */
export interface AskMessage {
  batch: number;
  room: number;
  /** For how many it is free of those that nobody waits for. */
  patientRoom: number;
  freeInMs: number;
  /** How long before it is free a frame must be called for to arrive in time. */
  leadMs: number;
  /** What one run costs lately. */
  expectedMs: number;
  /** How long a frame may wait for company in a batch. */
  maxDelayMs: number;
  /** Frames run one by one, so one may come without being granted together with others. */
  single: boolean;
}

/** Dispatcher to replica: a stream worker is gone; what was granted to it will not come, so the replica asks anew. */
export interface VoidMessage {
  type: "void";
}

/** Stream worker to replica. */
export type FrameMessage =
  | {
    type: "frame";
    key: number;
    batch: number;
    of: number;
    buffer: ArrayBuffer;
    placement: unknown;
    overrides?: RunOverrides;
    memory?: RunMemory;
    /** From grant to dispatch of this message: what the replica must ask ahead. */
    leadMs: number;
  }
  | ImageMessage
  | { type: "pass"; batch: number; of: number }
  /** A stream is gone, and what its model remembers of it can go, too. */
  | { type: "forget"; stream: string };

/** An image as it came, for a replica that decodes it itself. */
export interface ImageMessage {
  type: "image";
  key: number;
  batch: number;
  of: number;
  bytes: Uint8Array<ArrayBuffer>;
  header: ImageHeader;
  overrides?: RunOverrides | undefined;
  leadMs: number;
}

/** Replica to stream worker; the buffer goes home. */
export type AnswerMessage =
  | ({ key: number; buffer: ArrayBuffer } & (RunAnswer | { error: string }))
  | ({ key: number } & ((RunAnswer & { image: DecodedImage }) | { error: string; undecodable?: boolean }));

/** What came of a run. */
export interface RunAnswer {
  output: ModelOutput;
  startedAtMs: number;
  inferMs: number;
  readMs: number;
}

/** What a replica made of an image before it ran. */
export interface DecodedImage {
  width: number;
  height: number;
  decodeMs: number;
  prepareMs: number;
}

/** A model as its replicas and the streams know it. */
export interface ModelSetup {
  /** Whose turns and replicas these are: of one name, another file may take this one's place while both still run. */
  key: string;
  spec: ModelSpec;
  replicas: number;
  maxBatch: number;
  maxDelayMs: number;
  /** Other versions of it that run beside it. */
  candidates?: readonly CandidateSetup[];
}

/** A version that is tried beside the one in force: it answers a share of the frames, or none and is compared only. */
export interface CandidateSetup {
  role: "canary" | "shadow";
  /** Of the frames, 0 to 1. */
  share: number;
  setup: ModelSetup;
}

/** Main to a stream worker. */
export type ToStreams =
  /** A new dispatcher has taken the place of one that died. */
  | { type: "dispatcher"; port: MessagePort }
  | { type: "replica"; model: string; replica: number; port: MessagePort; turn: SharedArrayBuffer }
  | { type: "gone"; replica: number; reason: string }
  | { type: "hopeless"; model: string; reason: string }
  /** A model is unloaded; what was kept for its input can go. */
  | { type: "unloaded"; model: string }
  | {
    type: "add";
    registration: StreamRegistration;
    models: readonly ModelSetup[];
    extras: StreamExtras;
    /** Where the stream's numbers go on. */
    from: StreamPosition;
  }
  /** Another pipeline, policy or labels for a stream whose source stays connected. */
  | { type: "reconfigure"; id: string; registration: StreamRegistration; models: readonly ModelSetup[] }
  /** These pictures are watched from here on and no others. */
  | { type: "watch"; id: string; wanted: WatchedPicture[] }
  /** The next frame's picture is wanted, or not any more. */
  | { type: "picture"; id: string; picture: WantedPicture; wanted: boolean }
  /** One picture has arrived: there is room for another. */
  | { type: "pictureTaken"; id: string }
  /** A picture that is to be kept has arrived: there is room for another. */
  | { type: "captureTaken"; id: string }
  /** A step's analyzer is asked for something. */
  | { type: "order"; id: string; step: string; order: string }
  /** Whoever takes the results has no room for more, or has again. */
  | { type: "hold"; id: string; held: boolean }
  /** Somebody else sends into the stream from here on, with so many credits already; or nobody does. */
  | { type: "sender"; id: string; sender: number | undefined; credits: number }
  /** A frame of a sender; without one when it came beyond its credits. */
  | { type: "push"; id: string; sender: number; frame?: PushedFrame }
  | { type: "stop"; id: string }
  | { type: "pause"; id: string }
  | { type: "resume"; id: string }
  | { type: "restart"; id: string }
  | { type: "remove"; id: string }
  | { type: "status"; id: string }
  /** How all streams of the worker stand. */
  | { type: "statuses" }
  /** One image, of no stream, to be run through a model. */
  | { type: "still"; question: StillQuestion }
  /** One image, of no stream, to be run through several models. */
  | { type: "stillPipeline"; question: StillPipelineQuestion }
  /** A file that is to be shown small. */
  | { type: "thumbnail"; question: ThumbnailQuestion }
  /** Colours over time, of no stream, to be read. */
  | { type: "signal"; question: SignalQuestion }
  /** What came of the versions that are tried. */
  | { type: "trials" }
  | { type: "usage" };

/** How far a stream has come. */
export interface StreamPosition {
  epoch: number;
  seq: number;
}

/** What a stream does besides publishing. */
export interface StreamExtras {
  /** Path of an annotated H.264 video to write. */
  video?: string;
  /** What its source may open and contact; without them everything. */
  sourceRules?: SourceRulesOptions;
  /** Where what is kept of it goes; without it nothing is kept. */
  keeping?: KeepingPlace;
  /** What its analyzers remembered before, by step. */
  memories?: Readonly<Record<string, unknown>>;
}

/** Stream worker to main. */
export type FromStreams =
  | ResultEnvelope
  | StateEvent
  | AlertEvent
  | { type: "picture"; picture: AnsweredPicture }
  /** A picture, or a clip that lies ready, is to be kept. */
  | { type: "capture"; capture: CapturedFrame }
  | { type: "clip"; clip: CapturedClip }
  /** An analyzer has something to remember beyond this thread. */
  | { type: "memory"; stream: string; step: string; memory: unknown }
  /** A sender may send so many more frames. */
  | { type: "credit"; stream: string; sender: number; credits: number }
  /** A sender's frame was not taken. */
  | { type: "refused"; stream: string; sender: number; code: string; message: string }
  /** A replica did not answer in time. */
  | { type: "overdue"; replica: number; model: string }
  /** A source hangs in a native call that outlived its timeout: the worker is to be replaced. */
  | { type: "overstay"; stream: string }
  /** A picture was forgotten by whoever held it. */
  | { type: "leak"; what: string };

/** What a replica is started with. */
export interface ReplicaInit {
  replica: number;
  setup: ModelSetup;
  device: Device;
  threads: number;
  deterministic: boolean;
  dispatcher: MessagePort;
}

/** Main to a replica. */
export type ToReplica =
  | { type: "dispatcher"; port: MessagePort }
  | { type: "streams"; worker: number; port: MessagePort }
  | { type: "streamsGone"; worker: number }
  | { type: "stats" };

/** Replica to main, before it is ready: single images are best sent to it as they came. */
export interface FromReplica {
  type: "takesImages";
}

/** What a replica says of itself. */
export interface ReplicaStats {
  runs: number;
  frames: number;
  failures: number;
  /** Of a model that carries a state: what it follows, and how much had to go because there was too much. */
  states?: { held: number; dropped: number };
  /** What its latest runs took, in no order. */
  recentMs: Float64Array;
  provider: string;
}

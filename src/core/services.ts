import type { CaptureRules, CaptureStoreStatus } from "./captures.ts";
import type { Device, InputSpec, Task } from "./model.ts";
import type { DownloadView, RegistryView } from "./model_registry.ts";
import type { ModelOutput, Timings } from "./results.ts";
import type { SourceProperties } from "./source.ts";
import type { Distribution, FlowMode, StateEvent, StreamPolicy, StreamRegistration, StreamStatus } from "./stream.ts";

// What the API, the jobs and the cluster ask of the running program. They know these shapes and nothing behind them.

/** A registered stream for those who look at it: nothing in it is secret. */
export interface StreamView {
  id: string;
  /** As it was registered, credentials masked. */
  registration: StreamRegistration;
  /** The source's address for people, credentials masked. */
  address: string;
  /** Undefined for a moment while its thread is being replaced. */
  status?: StreamStatus;
  /** Where the registration came from: the API, or the configuration file. */
  origin: "api" | "config";
  /** What is kept of it, where something is or was. */
  kept?: CaptureStoreStatus;
  /** How its sinks stand. */
  sinks: { name: string; kind: string; to: string; state: string; [figure: string]: unknown }[];
}

/** The streams of this server. Every method throws a `ServiceError` when it cannot do what it is asked. */
export interface StreamService {
  list(): Promise<StreamView[]>;
  get(id: string): Promise<StreamView>;
  /** Takes a stream on. A source that is not there yet is taken on too and retried; a pipeline that cannot run is not. */
  create(registration: StreamRegistration): Promise<StreamView>;
  /** Changes a part of a stream; its source stays connected unless the source itself changes. */
  patch(id: string, change: StreamPatch): Promise<StreamView>;
  remove(id: string): Promise<void>;
  pause(id: string): Promise<StreamView>;
  resume(id: string): Promise<StreamView>;
  restart(id: string): Promise<StreamView>;
  /** Has a step's analyzer do something that it knows by this name. */
  order(id: string, step: string, order: string): Promise<StreamView>;
  /** The latest changes of state, oldest first. */
  history(id: string): Promise<StateEvent[]>;
}

/** What a request would do, were it meant: everything about it was checked but the source's being there. */
export interface StreamTrial {
  id: string;
  /** The stream would start; go on with what is new, its source connected all the while; or connect anew. */
  effect: "starts" | "applies" | "reconnects";
  /** The stream as it would be registered, credentials masked. */
  registration: StreamRegistration;
}

/** Tries changes of streams without making them. Every method throws what the change itself would throw. */
export interface StreamTrials {
  tryCreate(registration: StreamRegistration): Promise<StreamTrial>;
  tryPatch(id: string, change: StreamPatch): Promise<StreamTrial>;
}

/** What of a registration may change; what is absent stays. A policy is completed by the source that it is for. */
export interface StreamPatch {
  source?: StreamRegistration["source"];
  pipeline?: StreamRegistration["pipeline"];
  policy?: Omit<StreamPolicy, "mode"> & { mode?: FlowMode };
  sinks?: StreamRegistration["sinks"];
  /** Null keeps nothing from here on. */
  capture?: CaptureRules | null;
  labels?: Record<string, string>;
}

/** What a test connection found. */
export type ProbeResult =
  | { ok: true; properties: SourceProperties; tookMs: number; /** JPEG. */ picture?: Uint8Array }
  | { ok: false; cause: { code: string; message: string }; tookMs: number };

/** Connects to a source, looks at one picture and forgets it. */
export interface ProbeService {
  probe(source: { kind: string; [option: string]: unknown }, signal: AbortSignal): Promise<ProbeResult>;
}

/** How a picture is wanted. */
export interface PictureRequest {
  /** Draws the results on it. */
  overlay: boolean;
  /** Scaled down to this width, height in proportion; never up. */
  width?: number;
  /** 1 to 100. */
  quality: number;
}

/** One encoded picture of a stream, and which frame it is. */
export interface EncodedPicture {
  stream: string;
  epoch: number;
  seq: number;
  pts: number;
  /** When it was encoded, Unix milliseconds. */
  atMs: number;
  width: number;
  height: number;
  jpeg: Uint8Array;
  /** It is an old one: none came in time. */
  stale?: true;
}

/** Pictures of streams: encoded once however many watch, and not at all when nobody does. */
export interface PictureService {
  /** The next picture of a stream, or its latest one when none comes soon. */
  picture(id: string, request: PictureRequest, signal: AbortSignal): Promise<EncodedPicture>;
  /**
   * Hands over every picture, at most `fps` a second, until the watch is disposed; `ended` is called when the stream is
   * removed. A slow watcher misses pictures.
   */
  watch(
    id: string,
    request: PictureRequest & { fps: number },
    next: (picture: EncodedPicture) => void,
    ended?: () => void,
  ): Disposable;
}

/** One picture that somebody sends: a webcam's frame. */
export interface SentFrame {
  /** JPEG, WebP or PNG. */
  bytes: Uint8Array;
  /** The sender's clock, Unix milliseconds. */
  capturedAtMs?: number;
  /** Clockwise turn that makes it upright. */
  rotation?: 0 | 90 | 180 | 270;
  /** Once upright it shows the world as in a mirror, and is to be turned round. */
  mirrored?: boolean;
}

/** Somebody who sends frames into a stream of kind `webcam`. */
export interface Sender extends Disposable {
  /** Hands a frame over; its bytes move. False when it came without a credit; it is counted as dropped then. */
  push(frame: SentFrame): boolean;
}

/** What a sender hears. */
export interface SenderEvents {
  /** So many more frames may be sent. */
  grant(credits: number): void;
  /** A newer sender has taken the stream over. */
  replaced(): void;
  /** A frame was not taken: it is no image, too large, animated, … */
  refused?(fault: { code: string; message: string }): void;
  /** The stream is gone, or the server stops. */
  closed?(reason: string): void;
}

/** The way of webcams into their streams. */
export interface IngestService {
  /** Becomes the sender of a stream; the one before is told to go. `grant` says how many more frames may be sent. */
  open(id: string, on: SenderEvents): Promise<Sender>;
}

/** What a model can be: about to run, running, short of copies, without any, or here to be used and not loaded. */
export const MODEL_STATES = ["loading", "ready", "failing", "failed", "unloaded"] as const;

/** One state out of {@link MODEL_STATES}. */
export type ModelState = (typeof MODEL_STATES)[number];

/** A model's input or output; a dimension that is a text is open. */
export interface ModelPort {
  name: string;
  type: string;
  shape?: (number | string)[];
}

/** A model for those who look at it. What is not known is absent: of one that cannot be loaded, nearly everything. */
export interface ModelView {
  name: string;
  state: ModelState;
  /** Why it is in that state, where there is a why. */
  cause?: string;
  /** Kept loaded, because the configuration says so. */
  declared: boolean;
  /** What /predict takes where none is named. */
  default: boolean;
  builtIn: boolean;
  /** The streams that use it. */
  users: string[];
  /** A `signal` is read by those who know it, and no picture goes into it. */
  task?: Task | "signal";
  adapter?: string;
  /** What the adapter went by, sentence by sentence. */
  why?: string[];
  file?: string;
  bytes?: number;
  sha256?: string;
  licence?: string;
  version?: string;
  /** How pictures are laid into its input. */
  input?: InputSpec;
  inputs?: ModelPort[];
  outputs?: ModelPort[];
  labels?: { count: number; first: string[] };
  minScore?: number;
  iou?: number;
  maxDetections?: number;
  /** What was asked for, and what it runs on. */
  device?: Device;
  provider?: string;
  threads?: number;
  maxBatch?: number;
  maxDelayMs?: number;
  /** Copies by state. */
  replicas?: Record<string, number>;
  runs?: number;
  frames?: number;
  failures?: number;
  /** Frames that wait for its turn. */
  queueDepth?: number;
  /** Frames to a run. */
  meanBatch?: number;
  /** Of a model that carries a state from frame to frame: how many it follows, and how many had to go. */
  states?: { held: number; dropped: number };
  /** Of the latest runs, milliseconds. */
  inferMs?: Distribution;
  /** Its versions, where it was added to the registry. */
  registry?: RegistryView;
  /** While it is being fetched from the zoo. */
  download?: DownloadView;
}

/** The models of this server. */
export interface ModelService {
  list(): Promise<ModelView[]>;
  get(name: string): Promise<ModelView>;
}

/** One image that is to be run through a model. */
export interface PredictRequest {
  /** JPEG, PNG, WebP, BMP or GIF; its bytes move. */
  image: Uint8Array<ArrayBuffer>;
  minScore?: number;
  /** The most classes, or detections, in the answer. */
  topK?: number;
  /** Answers to earlier images of the same session may stand for this one's. */
  session?: string;
}

/** What a model says of one image. */
export interface Prediction {
  model: string;
  version?: string;
  /** In the shape that fits the model's task. */
  predictions: unknown;
  /** Whether somebody is to be seen, of models that know people. */
  has_person?: boolean;
  /** From the image's arrival to its answer. */
  processing_time_ms: number;
  /** The model did not run: this is its answer to an image nearly the same. */
  cached: boolean;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
  /** Size of the image, upright. */
  frame: { width: number; height: number };
  /** By task, in the shape of results. */
  outputs: Record<string, ModelOutput>;
  timings: Timings;
}

/** Places for images that are under way; they are given back by disposing of them. */
export interface PredictPlaces extends Disposable {
  /** How many there are: so many images may be run at once. */
  readonly count: number;
  /** The model of that name, or the default one, held until the places are given back; throws a `ServiceError` without it. */
  use(model: string | undefined): Promise<PredictModel>;
}

/** A model that images can be run through. */
export interface PredictModel {
  readonly name: string;
  run(request: PredictRequest, signal: AbortSignal): Promise<Prediction>;
}

/** What became of single images so far. */
export interface PredictFigures {
  /** How many were answered, and by the code of why not, how many were not. */
  outcomes: Readonly<Record<string, number>>;
  /** Places that are taken. */
  taken: number;
}

/** Runs single images through the models and queues that the streams have. */
export interface PredictService {
  /** Takes places for so many images of a caller at once, or for as many as there are; throws a `ServiceError` without any. */
  open(caller: string, images: number): PredictPlaces;
}

/** Which part of the media root is asked for. */
export interface MediaQuery {
  /** The folder, counted from the root; empty for the root itself. */
  path: string;
  /** The last name of the page before; a folder's with a `/` at its end. */
  after?: string | undefined;
  limit: number;
}

/** A folder or a video below the media root. */
export interface MediaEntry {
  kind: "folder" | "file";
  name: string;
  /** Below the root, parts separated by `/`. */
  path: string;
  /** Of a file: the source that plays it. */
  source?: { kind: "file"; path: string };
  bytes?: number;
  modifiedAt?: string;
}

/** One page of a folder. */
export interface MediaPage {
  /** Whether there is a media root at all. */
  configured: boolean;
  path: string;
  entries: MediaEntry[];
  /** Whether another page follows. */
  more: boolean;
}

/** The server's own videos. */
export interface MediaService {
  list(query: MediaQuery): Promise<MediaPage>;
}

/** Whether the program can do its work, and why not. */
export interface Readiness {
  ready: boolean;
  reasons: string[];
}

/** The state of the machinery, for people and the console. */
export interface SystemService {
  readiness(): Promise<Readiness>;
  /** Supervision tree, threads, memory, cores. */
  system(): Promise<Record<string, unknown>>;
  /** Sources, models, analyzers, sinks and devices with their schemas. */
  capabilities(): Promise<Record<string, unknown>>;
}

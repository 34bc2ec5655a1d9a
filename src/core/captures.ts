import type { AlertEvent } from "./events.ts";
import type { ResultEnvelope } from "./results.ts";

/** Why a frame was kept. */
export const CAPTURE_REASONS = ["nth", "time", "reservoir", "low", "alert"] as const;

/** One reason out of {@link CAPTURE_REASONS}. */
export type CaptureReason = (typeof CAPTURE_REASONS)[number];

/** What is kept, by the ending of its file: pictures as they came or as JPEG, and video. */
export const CAPTURE_MEDIA: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  bmp: "image/bmp",
  gif: "image/gif",
  mp4: "video/mp4",
};

/** Which frames of a stream are kept, and what becomes of them. Each rule that is given takes frames of its own. */
export interface CaptureRules {
  /** Off keeps the rules and takes nothing. */
  enabled: boolean;
  /** Every so many results. */
  everyNth?: number;
  /** One so often, seconds. */
  everySeconds?: number;
  /** A uniform sample of so many frames of each day. */
  reservoir?: number;
  /** Results in which something scores lower than this. */
  below?: number;
  /** Frames that an alert speaks of. */
  onAlert: boolean;
  /** The most pictures an hour, whatever the rules say. */
  perHour: number;
  /** Of the JPEG, 1 to 100. */
  quality: number;
  keep: CaptureKeep;
  /** Video around alerts, as it came. */
  clips?: ClipRules;
  upload?: UploadRules;
}

/** How long and how much: past any of these the oldest go. */
export interface CaptureKeep {
  days?: number;
  bytes: number;
  /** Pictures and clips. */
  files: number;
}

/** How much video is kept around an alert. */
export interface ClipRules {
  beforeSeconds: number;
  afterSeconds: number;
  /** Memory that packets which wait may take. */
  bytes: number;
}

/** An S3-compatible store that gets a copy of everything. Its keys are the server's, and never in here. */
export interface UploadRules {
  endpoint: string;
  bucket: string;
  region: string;
  prefix: string;
  /** The bucket is the first part of the path, not of the host's name. */
  pathStyle: boolean;
  /** What the store has taken is not kept here. */
  move: boolean;
}

/** A model as it stood when a picture was kept: what is needed to tell later whether an answer is still worth anything. */
export interface CaptureModel {
  name: string;
  sha256: string;
  version?: string;
  minScore: number;
  iou: number;
  maxDetections: number;
}

/** A place in the day's sample: whoever is in it makes room. */
export interface ReservoirPlace {
  /** The day, `2026-01-31`. */
  day: string;
  slot: number;
  /** How many frames of the day were up to now. */
  seen: number;
}

/** One frame that is to be kept: its picture, encoded, and all that is known of it. */
export interface CapturedFrame {
  stream: string;
  /** Unix milliseconds. */
  atMs: number;
  reasons: CaptureReason[];
  /** The picture in full size, before anything was done to it for a model. */
  image: Uint8Array;
  type: "jpg" | "png" | "webp" | "bmp" | "gif";
  width: number;
  height: number;
  /** By step. */
  models: Record<string, CaptureModel>;
  result: ResultEnvelope;
  alerts?: AlertEvent[];
  reservoir?: ReservoirPlace;
}

/** Video around an alert: a finished file that is to be kept. */
export interface CapturedClip {
  stream: string;
  /** When the first alert came, Unix milliseconds. */
  atMs: number;
  /** Where it was written to. */
  path: string;
  codec: string;
  width: number;
  height: number;
  packets: number;
  epoch: number;
  /** Presentation times of the first and the last frame, seconds. */
  fromPts: number;
  toPts: number;
  /** It begins later, or ends earlier, than was asked for. */
  short?: string;
  alerts: AlertEvent[];
}

/** How the taking of pictures goes in the thread that has them. */
export interface CaptureUsage {
  /** Results looked at. */
  seen: number;
  taken: number;
  /** Pictures that were due and had no room, or came faster than the rules let them. */
  missed: number;
  /** Pictures that could not be encoded. */
  failed: number;
  fault?: string;
  clips?: ClipUsage;
}

/** How the keeping of packets goes. */
export interface ClipUsage {
  /** Video that is held now. */
  heldSeconds: number;
  heldBytes: number;
  boundBytes: number;
  written: number;
  /** Alerts that got no clip. */
  missed: number;
  failed: number;
  fault?: string;
}

/** How the keeping of pictures goes on disk. */
export interface CaptureStoreStatus {
  files: number;
  bytes: number;
  kept: number;
  /** Had no room in the queue. */
  dropped: number;
  /** Could not be written. */
  failed: number;
  /** Gone for age or room. */
  removed: number;
  waiting: number;
  fault?: { message: string; atMs: number };
  upload?: { state: string; sent: number; dropped: number; waiting: number; lastError?: string };
}

/** Something that is kept, in a list. */
export interface CaptureView {
  id: string;
  stream: string;
  kind: "frame" | "clip";
  at: string;
  /** Of the picture or the video. */
  media: string;
  bytes: number;
  width: number;
  height: number;
  reasons: string[];
}

/** What of the kept things is asked for. */
export interface CaptureQuery {
  stream?: string;
  kind?: "frame" | "clip";
  /** Only what was kept for this, perhaps among others. */
  reason?: CaptureReason;
  /** Unix milliseconds; from is inclusive, to is not. */
  fromMs?: number;
  toMs?: number;
  /** The last of the page before. */
  after?: string;
  limit: number;
}

/** A page of what is kept, newest first. */
export interface CapturePage {
  captures: CaptureView[];
  /** Where the next page goes on; absent at the end. */
  next?: string;
}

/** What is kept of streams. Every method throws a `ServiceError` when it cannot do what it is asked. */
export interface CaptureService {
  list(query: CaptureQuery): Promise<CapturePage>;
  /** All that is known of one. */
  describe(id: string): Promise<Record<string, unknown>>;
  /** Its picture or video. */
  media(id: string): Promise<{ path: string; type: string; bytes: number; atMs: number }>;
  /** Its picture, or the first one of its video, as a JPEG of this width or less. */
  thumbnail(id: string, width: number): Promise<Uint8Array<ArrayBuffer>>;
  remove(id: string): Promise<void>;
}

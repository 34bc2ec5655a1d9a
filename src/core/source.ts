import type { DropCause } from "./drops.ts";
import type { FrameInfo, Picture } from "./frame.ts";

/** What a source tells of itself once it is open. */
export interface SourceProperties {
  /** Codec by FFmpeg's name (`h264`, `hevc`, `mjpeg`, `rawvideo` …). */
  codec: string;
  width: number;
  height: number;
  /** Nominal frame rate where the source states one. */
  fps?: number;
  /** Length, for sources that end. */
  durationMs?: number;
  /** Frames in all, for sources that know it. */
  frames?: number;
  /** True when the world sets the pace (cameras): such a source cannot be held back, only dropped from. */
  live: boolean;
  /** True when every frame decodes alone (MJPEG, raw): nothing need be decoded that is not used. */
  intraOnly: boolean;
  /** True when frames arrive in another order than they are shown in (B-frames). */
  reordered?: boolean;
  /** Hardware decoder in use, if any. */
  hardware?: string;
}

/** A video frame as it comes out of the demuxer, before decoding. */
export interface Arrival {
  ptsUs: number;
  arrivedAtMs: number;
  capturedAtMs?: number;
  /** `key` decodes alone; `reference` needs its forerunners and later ones need it; `disposable` nobody else needs. */
  role: "key" | "reference" | "disposable";
}

/** The answer to an arrival: the frame's identity, and whether it is to be decoded at all. */
export interface Admission {
  info: FrameInfo;
  /** When false the frame's account is closed already: do not decode it. */
  decode: boolean;
}

/** Where a source puts what it finds. All calls come from the source's own thread. */
export interface SourceSink {
  /** The source is open; called once a run, and again when size or codec change under way. */
  opened(properties: SourceProperties): void;
  /** One video frame came out of the demuxer. */
  arrived(arrival: Arrival): Admission;
  /** Its picture, decoded (or decoding when first looked at). Ownership of the picture passes to the sink. A promise holds the source back. */
  decoded(info: FrameInfo, picture: Picture): Promise<void> | void;
  /** A frame that was admitted gave no picture. */
  lost(info: FrameInfo, cause: DropCause, reason?: string): void;
}

/** How a run ended when nothing went wrong. */
export type SourceEnd = "ended" | "aborted";

/** One opened or openable place where frames come from. It runs until its end, throws, or is aborted; it never retries. */
export interface Source {
  run(sink: SourceSink, signal: AbortSignal): Promise<SourceEnd>;
}

/** Why a source could not go on. `code` is stable; `hopeless` ones are not retried. */
export type SourceErrorCode =
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "refused"
  | "unreachable"
  | "unknown_host"
  | "timeout"
  | "closed"
  | "truncated"
  | "no_video"
  | "empty"
  | "unsupported"
  | "invalid"
  | "denied"
  | "failed";

const HOPELESS: ReadonlySet<SourceErrorCode> = new Set([
  "unauthorized",
  "forbidden",
  "not_found",
  "no_video",
  "empty",
  "unsupported",
  "denied",
]);

/** The failure of a source, with a stable code. The message names what, to which (redacted) address, and why. */
export class SourceError extends Error {
  override name = "SourceError";
  constructor(readonly code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
  /** Whether trying again can only give the same answer. */
  get hopeless(): boolean {
    return HOPELESS.has(this.code);
  }
}

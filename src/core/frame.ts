/** What is known of one video frame besides its pixels. Plain data: it crosses threads as it is. */
export interface FrameInfo {
  stream: string;
  /** +1 at every reconnect; presentation times start anew with it. */
  epoch: number;
  /** The frame's number in its stream; rises across epochs, gaps are drops. */
  seq: number;
  /** Presentation time in its epoch, microseconds. */
  ptsUs: number;
  /** When the frame arrived, on the clock of `nowMs()`. */
  arrivedAtMs: number;
  /** Wall clock at capture, Unix milliseconds, where the source tells it (RTCP sender reports, ingest headers). */
  capturedAtMs?: number;
}

/**
 * A decoded picture that somebody holds. Whoever holds one disposes it; whoever hands it on and keeps it calls
 * `retain()` and so owns one more reference. The pixels go when the last reference does.
 */
export interface Picture extends Disposable {
  /** Size in source pixels, upright (rotation already applied). */
  readonly width: number;
  readonly height: number;
  /** How long decoding took, milliseconds; grows when a lazily decoded picture is first looked at. */
  readonly decodeMs: number;
  retain(): Picture;
  /** A copy of the pixels, packed, of the whole picture or a region of it, scaled when a size is given. */
  pixels(options: PixelOptions): Uint8Array;
}

/** Which pixels of a picture are asked for. */
export interface PixelOptions {
  format: "rgb" | "gray";
  /** In source pixels; default the whole picture. */
  region?: { x: number; y: number; width: number; height: number };
  /** Size of the answer; default that of the region. */
  width?: number;
  height?: number;
}

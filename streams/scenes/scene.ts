/** One rendered frame. The pixels are the scene's own buffer: they hold until the next call. */
export interface SceneFrame<Truth = unknown> {
  ptsUs: number;
  pixels: Uint8Array;
  truth: Truth;
}

/** A synthetic world with known truth. The same options give the same bytes on every run. */
export interface Scene<Truth = unknown> {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** How the pixels lie, packed; where there is a fourth channel, it is opaque. */
  readonly format: "rgba" | "rgb24";
  /** Renders the next frame. */
  next(): SceneFrame<Truth>;
  /** Takes the next frame without rendering it yet: the answer renders it, at any later time. */
  later(): () => SceneFrame<Truth>;
  /** Lets the world pass one frame's time without rendering it. */
  skip(): void;
}

/** Size, rate and seed of a scene. */
export interface SceneOptions {
  seed: number;
  width: number;
  height: number;
  fps: number;
}

/** Presentation time of frame `n`, microseconds. */
export function framePtsUs(n: number, fps: number): number {
  return Math.round((n * 1_000_000) / fps);
}

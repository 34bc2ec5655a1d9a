import type { StreamPolicy } from "./stream.ts";

/** What decides how much memory a stream's frames can take. */
export interface MemoryShape {
  width: number;
  height: number;
  policy: Pick<StreamPolicy, "mode" | "capacity">;
  /** Frames that may be under way in the models at once. */
  underWay: number;
  /** Pictures that are held for comparisons besides. */
  held?: number;
  /** Bytes of one input of each model of the pipeline. */
  inputBytes: number[];
  /** Decoder threads; each holds one more picture. */
  decoderThreads?: number;
}

/** Frames that wait decoded, ahead of the models, when the source itself is held back. */
export const BLOCK_WAITING = 3;

/** The most frames of one stream that may be under way in a model: more than can run, so that the next ones are there. */
export function framesUnderWay(replicas: number, maxBatch: number): number {
  return (2 * replicas + 1) * maxBatch;
}

/** The reference pictures an H.264 or H.265 stream of level 5.1 may ask its decoder to keep, in macroblocks. */
const REFERENCE_MACROBLOCKS = 184_320;
const REFERENCE_PICTURES_MAX = 16;
/** The picture being decoded and the one being handed over. */
const DECODER_SPARE = 2;
const BYTES_PER_PIXEL = 1.5;

/** The most memory the frames of one stream can take, in bytes: it depends on its configuration and size, not on load. */
export function memoryBound(shape: MemoryShape): number {
  const { width, height, policy, underWay, inputBytes } = shape;
  const macroblocks = Math.max(1, Math.ceil(width / 16) * Math.ceil(height / 16));
  const references = Math.min(REFERENCE_PICTURES_MAX, Math.floor(REFERENCE_MACROBLOCKS / macroblocks));
  const waiting = policy.mode === "latest" ? 1 : policy.mode === "block" ? BLOCK_WAITING : policy.capacity;
  const pictures = references + DECODER_SPARE + (shape.decoderThreads ?? 1) + waiting + underWay + (shape.held ?? 0);
  const pictureBytes = macroblocks * 256 * BYTES_PER_PIXEL;
  return Math.ceil(pictures * pictureBytes + underWay * inputBytes.reduce((sum, bytes) => sum + bytes, 0));
}

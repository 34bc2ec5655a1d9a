import type { AVPixelFormat } from "node-av/constants";
import { avGetPixFmtName } from "node-av/lib";

/** How the samples of a pixel format lie in its planes. */
export interface PixelGeometry {
  /** Bytes from one sample to the next, by plane. */
  steps: readonly number[];
  /** Chroma subsampling as powers of two; applies to planes 1 and 2. */
  chromaX: number;
  chromaY: number;
}

const planar = (planes: number, bytes: number, chromaX: number, chromaY: number): PixelGeometry => ({
  steps: new Array(planes).fill(bytes),
  chromaX,
  chromaY,
});
const packed = (bytes: number): PixelGeometry => ({ steps: [bytes], chromaX: 0, chromaY: 0 });
const biplanar = (bytes: number): PixelGeometry => ({ steps: [bytes, 2 * bytes], chromaX: 1, chromaY: 1 });

const GEOMETRIES: Readonly<Record<string, PixelGeometry>> = {
  gray: packed(1),
  gray10le: packed(2),
  gray12le: packed(2),
  gray16le: packed(2),
  grayf32le: packed(4),
  rgb24: packed(3),
  bgr24: packed(3),
  rgba: packed(4),
  bgra: packed(4),
  argb: packed(4),
  abgr: packed(4),
  rgb0: packed(4),
  bgr0: packed(4),
  "0rgb": packed(4),
  "0bgr": packed(4),
  gbrp: planar(3, 1, 0, 0),
  gbrap: planar(4, 1, 0, 0),
  gbrp10le: planar(3, 2, 0, 0),
  gbrpf32le: planar(3, 4, 0, 0),
  yuv410p: planar(3, 1, 2, 2),
  yuv411p: planar(3, 1, 2, 0),
  yuv420p: planar(3, 1, 1, 1),
  yuvj420p: planar(3, 1, 1, 1),
  yuv422p: planar(3, 1, 1, 0),
  yuvj422p: planar(3, 1, 1, 0),
  yuv440p: planar(3, 1, 0, 1),
  yuvj440p: planar(3, 1, 0, 1),
  yuv444p: planar(3, 1, 0, 0),
  yuvj444p: planar(3, 1, 0, 0),
  yuva420p: planar(4, 1, 1, 1),
  yuv420p10le: planar(3, 2, 1, 1),
  yuv420p12le: planar(3, 2, 1, 1),
  yuv422p10le: planar(3, 2, 1, 0),
  yuv444p10le: planar(3, 2, 0, 0),
  nv12: biplanar(1),
  nv21: biplanar(1),
  p010le: biplanar(2),
};

const known = new Map<AVPixelFormat, PixelGeometry | undefined>();

/** The geometry of a format, where it is one of the common ones. */
export function pixelGeometry(format: AVPixelFormat): PixelGeometry | undefined {
  if (!known.has(format)) known.set(format, GEOMETRIES[avGetPixFmtName(format) ?? ""]);
  return known.get(format);
}

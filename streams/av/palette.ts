import { AV_PIX_FMT_PAL8, AV_PIX_FMT_RGB24 } from "node-av/constants";
import { Frame, SoftwareScaleContext } from "node-av/lib";
import { check } from "./native.ts";

/**
 * The frame with plain colours in place of a palette; otherwise the frame itself. A palette is no plane to node-av: whoever
 * hands only the planes to FFmpeg's scaler makes it read from nowhere, and that ends the process.
 */
export function withoutPalette(frame: Frame): Frame {
  if (frame.format !== AV_PIX_FMT_PAL8) return frame;
  const { width, height } = frame;
  const plain = new Frame();
  const context = new SoftwareScaleContext();
  try {
    plain.alloc();
    plain.width = width;
    plain.height = height;
    plain.format = AV_PIX_FMT_RGB24;
    check(plain.getBuffer(), `allocate a picture of ${width}x${height}`);
    // The scaler takes no interlaced frame, as some PNGs are, for one that is not.
    check(plain.copyProps(frame), "replace the palette of a picture");
    context.allocContext();
    check(context.scaleFrameSync(plain, frame), "replace the palette of a picture");
    return plain;
  } catch (error) {
    plain.free();
    throw error;
  } finally {
    context.freeContext();
    frame.free();
  }
}

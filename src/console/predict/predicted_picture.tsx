import { useEffect, useRef } from "preact/hooks";
import type { Prediction } from "../../core/services.ts";
import { drawOverlay } from "../overlay/draw_overlay.ts";

/** Wider canvases cost much and show nothing more. */
const WIDEST = 2000;

/** An image with what was found in it. */
export function PredictedPicture({ image, prediction }: { image: Blob; prediction: Prediction | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let current = true;
    void draw(canvas.current!, { image, prediction, isCurrent: () => current });
    return () => {
      current = false;
    };
  }, [image, prediction]);
  return (
    <canvas
      ref={canvas}
      class="predicted"
      width="16"
      height="9"
      role="img"
      aria-label={prediction ? "The image with what was found in it" : "The image"}
    />
  );
}

async function draw(
  canvas: HTMLCanvasElement,
  { image, prediction, isCurrent }: {
    image: Blob;
    prediction: Prediction | undefined;
    isCurrent(): boolean;
  },
): Promise<void> {
  const bitmap = await createImageBitmap(image).catch(() => undefined);
  if (bitmap && isCurrent()) {
    const density = Math.min(globalThis.devicePixelRatio, 2);
    canvas.width = Math.min(WIDEST, Math.round(canvas.parentElement!.clientWidth * density));
    canvas.height = Math.max(1, Math.round(canvas.width * bitmap.height / bitmap.width));
    const context = canvas.getContext("2d")!;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    if (prediction) {
      drawOverlay(context, prediction.outputs, { scale: canvas.width / prediction.frame.width, density });
    }
  }
  bitmap?.close();
}

import { useEffect, useRef } from "preact/hooks";
import { drawOverlay } from "../overlay/draw_overlay.ts";
import { type PulsePlace, pulsesOf } from "../overlay/draw_pulse.ts";
import type { Camera } from "./camera.ts";
import { mirrored } from "./mirror.ts";
import type { SentAnswer } from "./sender.ts";

/** Wider canvases cost much and show nothing more. */
const WIDEST = 1600;

/**
 * What the camera sees, and over it the last picture that was answered with what was found in it: the very picture that
 * was sent, so that boxes lie where things were.
 */
export function Stage({ camera, answer, mirror, live }: {
  camera: Camera | undefined;
  answer: SentAnswer | undefined;
  mirror: boolean;
  /** Answers come; else the camera itself is shown. */
  live: boolean;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const newest = useRef(0);
  /** Told now and then; they hold until the next. */
  const pulses = useRef<readonly PulsePlace[]>();
  useEffect(() => {
    const video = camera?.video;
    if (!video) return;
    frame.current!.prepend(video);
    return () => video.remove();
  }, [camera]);
  useEffect(() => {
    if (!answer) return void (pulses.current = undefined);
    pulses.current = pulsesOf(outputsOf(answer, mirror)) ?? pulses.current;
    void draw(canvas.current!, answer, { mirror, pulses: pulses.current, isNewest: newestOf(newest) });
  }, [answer]);
  return (
    <div ref={frame} class={`stage ${mirror ? "mirrored" : ""}`}>
      <canvas
        ref={canvas}
        hidden={!live || !answer}
        role="img"
        aria-label="The last picture that was answered, with what was found in it"
        data-captured-at={answer?.result.capturedAt}
      />
      {!camera && <p class="faint">The camera is off.</p>}
    </div>
  );
}

function outputsOf({ result }: Pick<SentAnswer, "result">, mirror: boolean): SentAnswer["result"]["outputs"] {
  return mirror ? mirrored(result) : result.outputs;
}

/** Decoding takes its time; what is overtaken meanwhile is not drawn. */
function newestOf(counter: { current: number }): () => boolean {
  const mine = ++counter.current;
  return () => mine === counter.current;
}

async function draw(
  canvas: HTMLCanvasElement,
  { picture, result }: SentAnswer,
  { mirror, pulses, isNewest }: {
    mirror: boolean;
    pulses: readonly PulsePlace[] | undefined;
    isNewest(): boolean;
  },
): Promise<void> {
  const bitmap = await createImageBitmap(picture);
  try {
    if (!isNewest()) return;
    const density = Math.min(globalThis.devicePixelRatio, 2);
    const room = (canvas.parentElement?.clientWidth ?? 0) * density ||
      bitmap.width;
    const width = Math.round(Math.min(WIDEST, room));
    const height = Math.round(width * bitmap.height / bitmap.width);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? width : 0, 0);
    context.drawImage(bitmap, 0, 0, width, height);
    // Letters are to be read, so only what they stand at is turned round.
    context.resetTransform();
    drawOverlay(context, outputsOf({ result }, mirror), { scale: width / result.frame.width, pulses, density });
  } finally {
    bitmap.close();
  }
}

import { useEffect, useRef } from "preact/hooks";
import { tokenColour } from "../ui/plot.tsx";

/** The stretch of a pulse wave that came last. */
export interface Wave {
  fps: number;
  /** Of deviation 1; the last of them is of the moment of `atMs`. */
  values: readonly number[];
  /** When it came, on the page's own clock, milliseconds. */
  atMs: number;
}

/** How much of the wave is shown. */
const SHOWN_S = 6;
/** Waves come once a second and may be late: what is shown is so much older, and so it runs without a halt. */
const LATE_S = 1.4;
/** Seen on both grounds. */
const PAPER = "rgb(128 138 150 / 30%)";
/** Between two drawings: it runs slowly enough for that. */
const LEAST_MS = 30;
/** Deviations from the middle to the edge. */
const REACH = 2.6;

/** The pulse wave as it runs by. People who want nothing to move see it go on once a second. */
export function WaveCanvas({ wave, sure }: { wave: Wave | undefined; sure: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef({ wave, sure });
  shown.current = { wave, sure };
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let frame = 0, drawnAtMs = 0;
    const paint = () => {
      const nowMs = performance.now();
      if (nowMs - drawnAtMs >= LEAST_MS) {
        draw(canvas.current!, shown.current, nowMs);
        drawnAtMs = nowMs;
      }
      if (!still) frame = requestAnimationFrame(paint);
    };
    paint();
    return () => cancelAnimationFrame(frame);
  }, [wave, sure]);
  const label = wave ? `The pulse wave of the last ${SHOWN_S} seconds` : "There is no pulse wave yet";
  return <canvas ref={canvas} class="wave" role="img" aria-label={label} />;
}

function draw(
  canvas: HTMLCanvasElement,
  { wave, sure }: { wave: Wave | undefined; sure: boolean },
  nowMs: number,
): void {
  const density = Math.min(2, devicePixelRatio);
  const width = Math.round(canvas.clientWidth * density), height = Math.round(canvas.clientHeight * density);
  if (width === 0) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, width, height);
  // The paper runs with the wave.
  const perSecond = width / SHOWN_S;
  // Where no more comes, what came last stays.
  const nowS = Math.min(nowMs / 1000 - LATE_S, wave ? wave.atMs / 1000 : Number.POSITIVE_INFINITY);
  context.fillStyle = PAPER;
  for (let second = Math.ceil(nowS - SHOWN_S); second <= nowS; second++) {
    context.fillRect(Math.round(width - (nowS - second) * perSecond), 0, density, height);
  }
  context.fillRect(0, Math.round(height / 2), width, density);
  if (!wave) return;
  const { fps, values, atMs } = wave;
  context.beginPath();
  values.forEach((value, index) => {
    const atS = atMs / 1000 - (values.length - 1 - index) / fps;
    const x = width - (nowS - atS) * perSecond;
    const y = height / 2 - Math.max(-1, Math.min(1, value / REACH)) * (height / 2 - 4 * density);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.strokeStyle = tokenColour(sure ? "--pulse" : "--part-rest");
  context.lineWidth = 2 * density;
  context.lineJoin = "round";
  context.stroke();
}

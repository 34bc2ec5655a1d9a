import { setImmediate } from "node:timers";
import { z } from "zod";
import { nowMs } from "../../src/core/clock.ts";
import type { Source, SourceEnd, SourceSink } from "../../src/core/source.ts";
import { didYouMean } from "../../src/core/suggest.ts";
import { until } from "../av/pace.ts";
import { AvPicture, pictureFromPixels } from "../av/picture.ts";
import { createCounterScene } from "../scenes/counter_scene.ts";
import { createPitchScene } from "../scenes/pitch_scene.ts";
import { createPortraitScene, type PortraitOptions } from "../scenes/portrait_scene.ts";
import { framePtsUs, type Scene } from "../scenes/scene.ts";
import type { SourcePlugin } from "./registry.ts";

const SCENES: Record<"pitch" | "counter" | "portrait", (options: PortraitOptions) => Scene> = {
  pitch: createPitchScene,
  counter: createCounterScene,
  portrait: createPortraitScene,
};

function unknownScene({ input }: { input?: unknown }): string {
  const names = Object.keys(SCENES);
  const meant = typeof input === "string" ? didYouMean(input, names) : "";
  return `there is no such scene${meant || `; there are: ${names.join(", ")}`}`;
}

/** A synthetic scene; the same options give the same frames. */
export const sceneSchema = z.strictObject({
  kind: z.literal("scene"),
  scene: z.enum(["pitch", "counter", "portrait"], { error: unknownScene }).default("pitch").describe(
    "a football match, frames with a number burned in, or somebody in front of a webcam whose heart rate is known",
  ).meta({
    // One by one, for those who offer a choice of them.
    "x-enumDescriptions": {
      pitch: "a football match",
      counter: "frames with a number burned in",
      portrait: "somebody in front of a webcam whose heart rate is known",
    },
  }),
  seed: z.int().min(0).default(7).describe("which of the matches or people"),
  width: z.int().min(64).max(7680).default(1280).describe("pixels"),
  height: z.int().min(64).max(4320).default(720).describe("pixels"),
  fps: z.number().min(0.1).max(240).default(25).describe("frames a second"),
  bpm: z.number().min(40).max(220).optional().describe(
    "portrait: the heart rate, beats a minute; without it, it changes by 20 every 25 seconds",
  ),
  pace: z.enum(["realtime", "fast"]).default("realtime").describe("as a camera would, or as fast as possible"),
  seconds: z.number().positive().optional().describe("length of the scene; without it there is no end"),
});

/** Configuration of a {@link scene} source. */
export type SceneConfig = z.infer<typeof sceneSchema>;

/** Synthetic scenes: a camera that needs nothing and whose truth is known. */
export const scene: SourcePlugin<SceneConfig> = {
  kind: "scene",
  describe: "a synthetic scene with known truth: scene:pitch, scene:counter, scene:portrait, scene:pitch?seed=7&fps=10",
  schema: sceneSchema,
  shorthand(text) {
    const match = /^scene(?::([^?]*)(?:\?(.*))?)?$/i.exec(text);
    if (!match) return undefined;
    const options: Record<string, unknown> = {};
    for (const [key, value] of new URLSearchParams(match[2] ?? "")) {
      const size = key === "size" ? /^(\d+)x(\d+)$/.exec(value) : null;
      if (size) Object.assign(options, { width: Number(size[1]), height: Number(size[2]) });
      else options[key] = value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
    }
    return { ...options, kind: "scene", ...(match[1] && { scene: match[1] }) };
  },
  policy: ({ pace }) => pace === "realtime" ? "latest" : "block",
  ends: true,
  redacted: ({ scene, seed }) => `scene:${scene}?seed=${seed}`,
  open: (config) => ({ run: (sink, signal) => runScene(config, sink, signal) }) satisfies Source,
};

/** A frame that much late is left out, as a camera would: the world has gone on. */
const LATE_MS = 40;
/** After a longer pause (the machine slept) the world goes on where it was. */
const PAUSE_MS = 10_000;
// So long a thread may be deaf to its messages.
const YIELD_MS = 5;
/** What a frame holds until it is drawn: where everybody is, and the events. */
const MOMENT_BYTES = 4096;

async function runScene(config: SceneConfig, sink: SourceSink, signal: AbortSignal): Promise<SourceEnd> {
  const { width, height, fps, seconds } = config;
  const live = config.pace === "realtime";
  const frames = seconds === undefined ? Infinity : Math.max(1, Math.round(seconds * fps));
  if (signal.aborted) return "aborted";
  const world = SCENES[config.scene]({
    seed: config.seed,
    width,
    height,
    fps,
    ...(config.bpm !== undefined && { bpm: config.bpm }),
  });
  const ends = Number.isFinite(frames) && { frames, durationMs: (frames * 1000) / fps };
  sink.opened({ codec: "rawvideo", width, height, fps, live, intraOnly: true, ...ends });
  let startMs = nowMs();
  let yieldedAt = startMs;
  for (let n = 0; n < frames; n++) {
    let arrivedAtMs = nowMs();
    if (live) {
      const lateMs = arrivedAtMs - (startMs + (n * 1000) / fps);
      if (lateMs > PAUSE_MS) startMs += lateMs;
      else if (lateMs > Math.max(LATE_MS, 1000 / fps)) {
        const newest = Math.min(frames - 1, Math.floor(((arrivedAtMs - startMs) * fps) / 1000));
        for (; n < newest; n++) world.skip();
      }
      const dueMs = startMs + (n * 1000) / fps;
      if (dueMs > arrivedAtMs) {
        await until(dueMs, signal);
        yieldedAt = nowMs();
      }
      arrivedAtMs = Math.min(dueMs, nowMs());
    }
    if (signal.aborted) return "aborted";
    const render = world.later();
    // This camera knows when it takes its pictures.
    const captured = live && { capturedAtMs: arrivedAtMs };
    const { info, decode } = sink.arrived({ ptsUs: framePtsUs(n, fps), arrivedAtMs, role: "key", ...captured });
    if (decode) {
      const held = sink.decoded(info, lazyPicture(world, render));
      if (held) {
        await settledOrAborted(held, signal);
        yieldedAt = nowMs();
      }
    }
    if (nowMs() - yieldedAt > YIELD_MS) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      yieldedAt = nowMs();
    }
  }
  return signal.aborted ? "aborted" : "ended";
}

/** A picture that is drawn when somebody first looks at it: most of those that a slow model passes over never are. */
function lazyPicture({ width, height, format }: Scene, render: ReturnType<Scene["later"]>): AvPicture {
  return AvPicture.lazy({
    width,
    height,
    sizeBytes: MOMENT_BYTES,
    decode() {
      const { pixels, ptsUs } = render();
      return pictureFromPixels({ width, height, format, data: pixels, ptsUs });
    },
    release() {},
  });
}

/** Waits until the sink takes more, or the run is aborted. */
function settledOrAborted(held: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => resolve();
    signal.addEventListener("abort", done, { once: true });
    held.then(resolve, reject).finally(() => signal.removeEventListener("abort", done));
    if (signal.aborted) resolve();
  });
}

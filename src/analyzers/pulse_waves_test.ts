import assert from "node:assert/strict";
import type { Box, ModelOutput } from "../core/results.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { createPortraitScene } from "../../streams/scenes/portrait_scene.ts";
import { Pulse, type PulseOutput, pulseSchema } from "./pulse.ts";
import { waveOf } from "./pulse_waves.ts";

const SIZE = { width: 320, height: 240, fps: 30 };

function crop(box: Box, value: number, track?: number) {
  const tensors = { wave: { shape: [1], data: [value] } };
  return { of: 0, label: "face", box, ...(track !== undefined && { track }), tensors };
}

Deno.test("a face's wave is that of its track, or else of the crop that it overlaps most", () => {
  const crops = [crop([0, 0, 40, 40], 1, 7), crop([100, 0, 40, 40], 2, 8), crop([104, 0, 40, 40], 3)];
  const outputs = { rppg: { model: "m", crops } };
  assert.equal(waveOf(outputs, "rppg", { track: 8, box: [0, 0, 40, 40] }), 2);
  assert.equal(waveOf(outputs, "rppg", { track: 9, box: [103, 0, 40, 40] }), 3);
  assert.equal(waveOf(outputs, "rppg", { box: [2, 2, 40, 40] }), 1);
  assert.equal(waveOf(outputs, "rppg", { box: [200, 200, 40, 40] }), undefined);
  assert.equal(waveOf(outputs, "rppg", {}), undefined);
  assert.equal(waveOf(outputs, "other", { track: 8 }), undefined);
  const whole = { rppg: { model: "m", tensors: { y: { shape: [1, 1], data: [5] } } } };
  assert.equal(waveOf(whole, "rppg", {}), 5);
  const wrong = (data: number[]) => ({ rppg: { model: "m", tensors: { y: { shape: [data.length], data } } } });
  assert.equal(waveOf(wrong([1, 2]), "rppg", {}), undefined);
  assert.equal(waveOf(wrong([Number.NaN]), "rppg", {}), undefined);
});

/** What is said of a portrait of 72 beats a minute whose model answers such a wave; nothing where it is undefined. */
function read(waveAt: (time: number) => number | undefined): PulseOutput {
  const pulse = new Pulse(pulseSchema.parse({ method: "rppg" }));
  const scene = createPortraitScene({ ...SIZE, seed: 4, bpm: 72 });
  let said: PulseOutput | undefined;
  for (let n = 0; n < 12 * SIZE.fps; n++) {
    const { ptsUs, pixels, truth } = scene.next();
    const { width, height } = truth;
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: pixels, ptsUs });
    const { box } = truth.objects[0], value = waveAt(ptsUs / 1e6);
    const outputs: Record<string, ModelOutput> = {
      detect: { model: "faces", detections: [{ box, label: "face", classId: 0, score: 0.9 }] },
      rppg: { model: "m", crops: value === undefined ? [] : [crop(box, value)] },
    };
    const info = { stream: "s", epoch: 1, seq: n + 1, ptsUs, arrivedAtMs: 0 };
    said = pulse.push({ info, width, height, outputs, picture }) ?? said;
  }
  return said!;
}

Deno.test("a model's wave gives the rate, with a confidence of its own", () => {
  const beats = (bpm: number) => (time: number) => Math.sin((2 * Math.PI * bpm * time) / 60);
  const agreed = read(beats(72));
  assert.ok(Math.abs(agreed.bpm! - 72) < 1 && agreed.confidence > 0.8, `${agreed.bpm}, ${agreed.confidence} sure`);
  assert.equal(agreed.method, "rppg");
  assert.ok(agreed.faces[0].wave!.values.length > 100);
  // What the colours say otherwise makes it doubtful.
  const alone = read(beats(115));
  assert.ok(alone.confidence < agreed.confidence - 0.1, `${alone.confidence} sure`);
  // Some frames without an answer are nothing, most are no wave.
  const holes = read((time) => Math.floor(time * 30) % 8 === 0 ? undefined : beats(72)(time));
  assert.ok(Math.abs(holes.bpm! - 72) < 2);
  const silent = read((time) => Math.floor(time * 30) % 8 === 0 ? beats(72)(time) : undefined);
  assert.deepEqual([silent.bpm, silent.confidence, silent.reasons], [undefined, 0, ["weak"]]);
});

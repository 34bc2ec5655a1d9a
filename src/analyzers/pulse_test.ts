import assert from "node:assert/strict";
import type { Box, Detection, ModelOutput } from "../core/results.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { createPortraitScene, type PortraitTruth } from "../../streams/scenes/portrait_scene.ts";
import type { SceneFrame } from "../../streams/scenes/scene.ts";
import { ringArea } from "../vision/rings.ts";
import { Pulse, type PulseOptions, type PulseOutput, pulseSchema } from "./pulse.ts";

const SIZE = { width: 480, height: 360, fps: 30 };

/** Makes the analyzer out of options as a registration has them. */
function pulseOf(options: Partial<PulseOptions> = {}): Pulse {
  return new Pulse(pulseSchema.parse(options));
}

interface Shown {
  frame: SceneFrame<PortraitTruth>;
  /** What a detector says; undefined when it did not look. */
  detections?: Detection[];
}

/** Shows one frame and answers what the analyzer says. */
function show(pulse: Pulse, { frame: { ptsUs, pixels, truth }, detections }: Shown): PulseOutput | undefined {
  const { width, height } = truth;
  using picture = pictureFromPixels({ width, height, format: "rgb24", data: pixels, ptsUs });
  const info = { stream: "s", epoch: 1, seq: truth.frame + 1, ptsUs, arrivedAtMs: 0 };
  const outputs: Record<string, ModelOutput> = detections ? { detect: { model: "faces", detections } } : {};
  return pulse.push({ info, width, height, outputs, picture });
}

function face(box: Box, track?: number): Detection {
  return { box, label: "face", classId: 0, score: 0.9, ...(track !== undefined && { track }) };
}

/** Plays a portrait for some seconds; `detect` tells what is detected in each frame. */
function play(
  pulse: Pulse,
  { seconds, bpm, detect }: { seconds: number; bpm: number; detect(truth: PortraitTruth): Detection[] | undefined },
): PulseOutput[] {
  const scene = createPortraitScene({ ...SIZE, seed: 2, bpm });
  const said: PulseOutput[] = [];
  for (let i = 0; i < seconds * SIZE.fps; i++) {
    const frame = scene.next();
    const output = show(pulse, { frame, detections: detect(frame.truth) });
    if (output) said.push(output);
  }
  return said;
}

const boxOf = (truth: PortraitTruth) => truth.objects[0].box;

Deno.test("a face that is looked for once a second gives its rate, once a second", () => {
  for (const bpm of [50, 160]) {
    // Detectors tremble.
    const shaken = (
      [x, y, width, height]: Box,
      n: number,
    ): Box => [x + (n % 3) - 1, y - (n % 2), width + (n % 4), height];
    const said = play(pulseOf(), {
      seconds: 11,
      bpm,
      detect: (truth) => truth.frame % 30 === 0 ? [face(shaken(boxOf(truth), truth.frame / 30))] : undefined,
    });
    assert.equal(said.length, 10);
    for (const { bpm, reasons } of said.slice(0, 3)) assert.deepEqual([bpm, reasons], [undefined, ["tooShort"]]);
    const last = said.at(-1)!;
    assert.ok(Math.abs(last.bpm! - bpm) <= 2, `${last.bpm} instead of ${bpm}`);
    assert.ok(last.confidence >= 0.8 && last.interval![0] <= bpm && last.interval![1] >= bpm);
    assert.equal(last.notice, "not a medical device");
    assert.ok(last.skin! > 0.7 && last.faces.length === 1 && last.faces[0].wave!.values.length === 120);
  }
});

Deno.test("a fixed region with skin does without a detector; the wall beside has no pulse", () => {
  const at = (x: number) => ({ region: { x, y: 0.3, width: 0.16, height: 0.3 } });
  const both = [pulseOf(at(0.42)), pulseOf(at(0.02))].map((pulse) =>
    play(pulse, { seconds: 9, bpm: 72, detect: () => undefined }).at(-1)!
  );
  assert.ok(Math.abs(both[0].bpm! - 72) <= 2, `${both[0].bpm}`);
  assert.equal(both[1].bpm, undefined);
  assert.deepEqual(both[1].reasons, ["noFace"]);
});

Deno.test("a face that leaves is told of, and one that comes back begins anew", () => {
  const pulse = pulseOf();
  const said = play(pulse, {
    seconds: 16,
    bpm: 72,
    detect: (truth) => truth.frame < 180 || truth.frame >= 270 ? [face(boxOf(truth))] : [],
  });
  const reasons = said.map((output) => output.reasons[0]);
  assert.deepEqual(reasons.slice(7, 8), ["noFace"]);
  assert.equal(said[6].bpm, undefined);
  assert.deepEqual([said[4], said[7]].map(({ faces }) => faces[0].region !== undefined), [true, false]);
  assert.deepEqual(reasons.slice(9, 12), ["tooShort", "tooShort", "tooShort"]);
  assert.ok(Math.abs(said.at(-1)!.bpm! - 72) <= 2);
});

Deno.test("two faces have a trace each, by their tracks, and the larger comes first", () => {
  const pulse = pulseOf();
  const scenes = [
    createPortraitScene({ ...SIZE, seed: 2, bpm: 66 }),
    createPortraitScene({ ...SIZE, seed: 1, bpm: 102 }),
  ];
  const { width, height, fps } = SIZE;
  let last: PulseOutput | undefined;
  for (let i = 0; i < 11 * fps; i++) {
    const [left, right] = scenes.map((scene) => scene.next());
    const pixels = new Uint8Array(width * 2 * height * 3);
    for (let y = 0; y < height; y++) {
      pixels.set(left.pixels.subarray(y * width * 3, (y + 1) * width * 3), y * width * 6);
      pixels.set(right.pixels.subarray(y * width * 3, (y + 1) * width * 3), y * width * 6 + width * 3);
    }
    const [x, y, wide, high] = boxOf(right.truth);
    const detections = [face([x + width + 4, y + 4, wide - 8, high - 8], 9), face(boxOf(left.truth), 4)];
    const truth = { ...left.truth, width: width * 2 };
    last = show(pulse, { frame: { ptsUs: left.ptsUs, pixels, truth }, detections }) ?? last;
  }
  assert.deepEqual(last!.faces.map(({ track }) => track), [4, 9]);
  assert.ok(Math.abs(last!.faces[0].bpm! - 66) <= 2, `${last!.faces[0].bpm}`);
  assert.ok(Math.abs(last!.faces[1].bpm! - 102) <= 2, `${last!.faces[1].bpm}`);
  assert.equal(last!.bpm, last!.faces[0].bpm);
});

Deno.test("what counted as skin is told where that is asked for: most of a face, and none of the wall beside it", () => {
  const at = { x: 0.3, y: 0.15, width: 0.4, height: 0.6 };
  const reading = (options: Partial<PulseOptions>) =>
    play(pulseOf(options), { seconds: 2.2, bpm: 72, detect: () => undefined }).at(-1)!.faces[0];
  const { mask, region } = reading({ region: at, mask: true });
  const inside = ringArea(mask![0]) / (region![2] * region![3]);
  assert.ok(inside > 0.25 && inside < 0.8, `${inside} of the region is skin`);
  const [left, right] = [Math.min, Math.max].map((most) => most(...mask![0].filter((_, index) => index % 2 === 0)));
  assert.ok(left > region![0] && right < region![0] + region![2], "the face's sides are found");
  assert.equal(reading({ region: at }).mask, undefined);
  assert.equal(reading({ region: at, mask: true, skin: false }).mask, undefined);
});

Deno.test("a face that has just gone is told of after those that are here, however large it was", () => {
  const said = play(pulseOf(), {
    seconds: 4.2,
    bpm: 72,
    detect: (truth) => {
      const [x, y, width, height] = boxOf(truth);
      const left = face([x, y, width, height], 1), small = face([x + 9, y + 9, width - 18, height - 18], 2);
      return truth.frame < 60 ? [left, small] : [small];
    },
  });
  assert.deepEqual(said.map(({ faces }) => faces.map(({ track }) => track)), [[1, 2], [1, 2], [2, 1], [2, 1]]);
  assert.deepEqual([said[3].reasons, said[3].faces[1].reasons], [["tooShort"], ["noFace"]]);
});

Deno.test("in the dark no rate is given, and it says so", () => {
  const pulse = pulseOf({ region: { x: 0.42, y: 0.3, width: 0.16, height: 0.3 }, skin: false });
  const scene = createPortraitScene({ ...SIZE, seed: 2, bpm: 72 });
  let last: PulseOutput | undefined;
  for (let i = 0; i < 9 * SIZE.fps; i++) {
    const frame = scene.next();
    const dark = { ...frame, pixels: frame.pixels.map((value) => value >> 4) };
    last = show(pulse, { frame: dark }) ?? last;
  }
  assert.equal(last!.bpm, undefined);
  assert.ok(last!.reasons.includes("dark"), `${last!.reasons}`);
});

Deno.test("too few frames a second give no rate", () => {
  const pulse = pulseOf({ region: { x: 0.42, y: 0.3, width: 0.16, height: 0.3 } });
  const scene = createPortraitScene({ ...SIZE, fps: 8, seed: 2, bpm: 72 });
  let last: PulseOutput | undefined;
  for (let i = 0; i < 9 * 8; i++) last = show(pulse, { frame: scene.next() }) ?? last;
  assert.equal(last!.bpm, undefined);
  assert.deepEqual(last!.reasons, ["lowRate"]);
});

Deno.test("the network says nothing before half a minute, and then the rate", () => {
  const pulse = pulseOf({ region: { x: 0.42, y: 0.3, width: 0.16, height: 0.3 }, method: "network", everyS: 5 });
  const said = play(pulse, { seconds: 35.5, bpm: 84, detect: () => undefined });
  for (const { bpm, reasons } of said.slice(0, 5)) assert.deepEqual([bpm, reasons], [undefined, ["tooShort"]]);
  const { bpm, method, confidence } = said.at(-1)!;
  assert.ok(
    Math.abs(bpm! - 84) <= 2 && method === "network" && confidence >= 0.7,
    `${bpm} by ${method}, ${confidence} sure`,
  );
});

Deno.test("hostile boxes and a new epoch do no harm", () => {
  const pulse = pulseOf();
  const hostile = [
    face([Number.NaN, 0, 10, 10]),
    face([-500, -500, 40, 40]),
    face([0, 0, 1e9, 1e9]),
    face([10, 10, 0, 10]),
    { label: "face", classId: 0, score: 1 } as Detection,
    ...Array.from({ length: 50 }, (_, i) => face([i * 9, 100, 30, 40], i)),
  ];
  const said = play(pulse, { seconds: 2.2, bpm: 72, detect: () => hostile });
  assert.ok(said.length === 2 && said.every(({ faces }) => faces.length <= 8));
  assert.ok(JSON.stringify(said.at(-1)).length < 20_000);
  pulse.reset();
  const anew = play(pulse, { seconds: 7.2, bpm: 90, detect: (truth) => [face(boxOf(truth))] });
  assert.ok(Math.abs(anew.at(-1)!.bpm! - 90) <= 2);
  assert.throws(() => pulseSchema.parse({ region: { x: 0.9, y: 0, width: 0.5, height: 1 } }), /inside the picture/);
});

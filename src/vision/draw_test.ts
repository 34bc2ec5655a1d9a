import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { CropOutput, Detection, ModelOutput, ResultEnvelope } from "../core/results.ts";
import { cropWords } from "./crop_words.ts";
import { type DrawOptions, drawResult } from "./draw.ts";
import { colourOf, PALETTE } from "./palette.ts";
import { scaledOutputs } from "./scaled_outputs.ts";

function ground(width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      rgb[at] = 40 + Math.floor((x * 60) / width);
      rgb[at + 1] = 90 + Math.floor((y * 80) / height);
      rgb[at + 2] = 50;
    }
  }
  return rgb;
}

/** A scene laid out in shares of the picture's size. */
function scene(width: number, height: number): { outputs: ResultEnvelope["outputs"]; options: DrawOptions } {
  const player = (x: number, y: number, more: Partial<Detection> = {}): Detection => ({
    box: [x * width, y * height, 0.05 * width, 0.2 * height],
    label: "player",
    classId: 0,
    score: 0.87,
    ...more,
  });
  return {
    outputs: {
      detect: {
        model: "pitch",
        detections: [
          player(0.1, 0.3, { track: 7 }),
          player(0.13, 0.34, { track: 12, score: 0.64 }),
          player(-0.02, -0.05),
          player(0.97, 0.9, { label: "Torhüter", classId: 1 }),
          player(0.5, 0.5, { label: "referee", classId: 2, keypoints: [[0.52 * width, 0.55 * height, 0.9]] }),
          player(0.3, 0.7, { label: "ball", classId: 3, box: [0.3 * width, 0.7 * height, 0.01 * width, 0.01 * width] }),
        ],
      },
      classify: { model: "sport", classes: [{ label: "football", classId: 2, score: 0.93 }] },
      possession: { home: 0.6 },
    },
    options: {
      trails: [{
        track: 7,
        points: [[0.02, 0.6], [0.06, 0.45], [0.125, 0.5]].map(([x, y]) => [x * width, y * height]),
      }],
      zones: [{
        name: "box",
        points: [[0.6, 0.4], [0.9, 0.3], [0.95, 0.8], [0.62, 0.7]].map(([x, y]) => [x * width, y * height]),
      }],
      caption: "gate 12.48 s",
    },
  };
}

const GOLDEN: Record<string, string> = {
  "320x180": "bf5297bbeb0cf718aab4e6e95e64bea12a2b524f2e6c7b557ec616f729e897e8",
  "1280x720": "d4bc275db6f3310d74dc9edaaa96016b8c1f894c58e440c0d463a161c4d253d2",
  "1920x1080": "5f40bd7d723bfaaba9fe8dcda83f88e80e862074b0c3764705a40746452dc9b9",
};

for (const [size, hash] of Object.entries(GOLDEN)) {
  Deno.test(`a scene at ${size} is drawn as it always was`, () => {
    const [width, height] = size.split("x").map(Number);
    const rgb = ground(width, height);
    const { outputs, options } = scene(width, height);
    drawResult(rgb, { width, height }, outputs, options);
    assert.equal(createHash("sha256").update(rgb).digest("hex"), hash);
  });
}

Deno.test("results without anything to show leave the picture as it is", () => {
  const rgb = ground(320, 180);
  drawResult(rgb, { width: 320, height: 180 }, {
    detect: { model: "m", detections: [] },
    embed: { model: "m", embedding: [1, 2] },
    pulse: { bpm: 72 },
  });
  assert.deepEqual(rgb, ground(320, 180));
});

function pixel(rgb: Uint8Array, width: number, x: number, y: number): number[] {
  return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

Deno.test("a box is drawn on its own pixels in the colour of its class, or of its track", () => {
  for (const colourBy of ["class", "track"] as const) {
    const rgb = ground(640, 360);
    const detection: Detection = { box: [200, 100, 50, 80], label: "car", classId: 2, score: 1, track: 13 };
    drawResult(rgb, { width: 640, height: 360 }, { detect: { model: "m", detections: [detection] } }, {
      colourBy,
      labels: false,
    });
    const colour = [...colourOf(colourBy === "class" ? 2 : 13)];
    for (const [x, y] of [[200, 100], [249, 100], [200, 179], [249, 179], [225, 100], [200, 140]]) {
      assert.deepEqual(pixel(rgb, 640, x, y), colour, `${x},${y}`);
    }
    for (const [x, y] of [[198, 140], [251, 140], [225, 98], [225, 181], [225, 140]]) {
      assert.deepEqual(pixel(rgb, 640, x, y), pixel(ground(640, 360), 640, x, y), `${x},${y}`);
    }
  }
});

Deno.test("a mask is laid over what it covers, its hole is not, and the picture shows through", () => {
  const rgb = ground(640, 360);
  const around = (from: number, to: number) => [from, from, to, from, to, to, from, to];
  const hole = [150, 150, 150, 170, 170, 170, 170, 150];
  const detection: Detection = {
    box: [100, 100, 120, 120],
    label: "ring",
    classId: 1,
    score: 1,
    mask: [around(110, 210), hole],
  };
  drawResult(rgb, { width: 640, height: 360 }, { detect: { model: "m", detections: [detection] } }, { labels: false });
  const before = ground(640, 360);
  const mixed = PALETTE[1].map((value, i) => Math.round(pixel(before, 640, 120, 130)[i] * 0.6 + value * 0.4));
  pixel(rgb, 640, 120, 130).forEach((value, i) => assert.ok(Math.abs(value - mixed[i]) <= 2, `${value}, ${mixed[i]}`));
  for (const [x, y] of [[160, 160], [105, 130], [230, 130]]) {
    assert.deepEqual(pixel(rgb, 640, x, y), pixel(before, 640, x, y), `${x},${y}`);
  }
});

Deno.test("a person's limbs join the points that were seen, and no others", () => {
  const rgb = ground(640, 360);
  const keypoints = Array.from({ length: 17 }, () => [600, 340, 0.1]);
  keypoints[5] = [200.5, 100, 0.9];
  keypoints[7] = [200.5, 160, 0.9];
  keypoints[9] = [260, 160, 0.2];
  const detection: Detection = { box: [150, 80, 150, 120], label: "person", classId: 0, score: 1, keypoints };
  drawResult(rgb, { width: 640, height: 360 }, { pose: { model: "m", detections: [detection] } }, { labels: false });
  const before = ground(640, 360);
  assert.deepEqual(pixel(rgb, 640, 200, 130), [...PALETTE[0]]);
  for (const [x, y] of [[230, 160], [600, 340], [400, 250]]) {
    assert.deepEqual(pixel(rgb, 640, x, y), pixel(before, 640, x, y), `${x},${y}`);
  }
});

Deno.test("what is said of a crop is written on it, from its lower edge up", () => {
  const crop = (more: Partial<CropOutput>): ModelOutput => ({
    model: "m",
    crops: [{ of: 0, label: "face", box: [100, 50, 200, 150], ...more }],
  });
  const probabilities = [0, 0, 0.9, 0.1];
  const heads = { Boredom: { label: "class 2", classId: 2, score: 0.9, probabilities } };
  const classes = [{ label: "smiling", classId: 1, score: 0.8 }];
  assert.deepEqual(cropWords(crop({ heads, classes }).crops![0]), ["smiling 80%", "Boredom high"]);
  const written = (output: ModelOutput) => {
    const rgb = ground(640, 360);
    drawResult(rgb, { width: 640, height: 360 }, { mood: output });
    const before = ground(640, 360);
    const rows = Array.from({ length: 360 }, (_, y) => y).filter((y) =>
      pixel(rgb, 640, 101, y).join() !== pixel(before, 640, 101, y).join()
    );
    return [rows[0], rows.at(-1)];
  };
  const [top, bottom] = written(crop({ heads, classes }));
  assert.ok(top! > 150 && bottom === 199, `${top} to ${bottom}`);
  assert.deepEqual(written(crop({ error: "broken" })), [undefined, undefined]);
  const half = scaledOutputs({ mood: crop({ heads }) }, 0.5, 0.5).mood as ModelOutput;
  assert.deepEqual(half.crops![0].box, [50, 25, 100, 75]);
});

Deno.test("the surest detection is on top", () => {
  const rgb = ground(640, 360);
  const box = (classId: number, score: number): Detection => ({ box: [100, 100, 60, 60], label: "x", classId, score });
  const detections = [box(0, 0.9), box(1, 0.4)];
  drawResult(rgb, { width: 640, height: 360 }, { detect: { model: "m", detections } }, { labels: false });
  assert.deepEqual(pixel(rgb, 640, 100, 130), [...PALETTE[0]]);
  assert.deepEqual(detections.map(({ score }) => score), [0.9, 0.4]);
});

Deno.test("labels do not lie on one another while there is room", () => {
  const [width, height] = [1280, 720];
  const plates = (detections: Detection[]) => {
    const rgb = ground(width, height);
    drawResult(rgb, { width, height }, { detect: { model: "m", detections } });
    return PALETTE.map((colour) => {
      let count = 0;
      for (let at = 0; at < rgb.length; at += 3) {
        if (rgb[at] === colour[0] && rgb[at + 1] === colour[1] && rgb[at + 2] === colour[2]) count++;
      }
      return count;
    });
  };
  const near = (classId: number): Detection => ({
    box: [400 + classId * 10, 300, 120, 120],
    label: "player",
    classId,
    score: 0.9 - classId * 0.1,
  });
  const together = plates([near(0), near(1), near(2)]);
  for (const classId of [0, 1, 2]) {
    const alone = plates([near(classId)])[classId];
    // Only the outlines may hide each other: the plate alone covers more than half of what is drawn.
    assert.ok(together[classId] > alone * 0.8, `class ${classId}: ${together[classId]} of ${alone} pixels`);
  }
});

Deno.test("boxes that make no sense hurt nobody", () => {
  const rgb = ground(64, 36);
  const numbers = [NaN, Infinity, -Infinity, -50, 0, 1e9];
  const detections = numbers.flatMap((x) =>
    numbers.map((width): Detection => ({
      box: [x, x, width, width],
      label: "?".repeat(500),
      classId: x,
      score: NaN,
      keypoints: [[x, width], []],
      mask: [[x, width, width, x, x, x], [], [1]],
    }))
  );
  drawResult(rgb, { width: 64, height: 36 }, { detect: { model: "m", detections } });
  assert.equal(rgb.length, 64 * 36 * 3);
});

Deno.test("zones, lines and motion that analyzers tell of are drawn where they lie, with their counts", () => {
  const [width, height] = [640, 360];
  const drawn = (outputs: ResultEnvelope["outputs"]) => {
    const rgb = new Uint8Array(width * height * 3).fill(100);
    drawResult(rgb, { width, height }, outputs);
    return (x: number, y: number) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  };
  const gate = (count: number) => ({
    zones: { gate: { count, points: [[20, 100], [120, 100], [120, 200], [20, 200]] } },
  });
  const zone = drawn(gate(3));
  assert.notDeepEqual(zone(70, 150), [100, 100, 100]);
  assert.deepEqual(zone(200, 150), [100, 100, 100]);
  const plate = (at: ReturnType<typeof drawn>) =>
    Array.from({ length: 60 * 10 }, (_, n) => at(20 + n % 60, 100 + Math.floor(n / 60)));
  assert.notDeepEqual(plate(drawn(gate(4))), plate(zone));
  const line = drawn({ lines: { half: { in: 1, out: 0, from: [320, 50], to: [320, 300] } } });
  assert.ok(line(320, 60)[0] > 150 && line(320, 60)[2] < 60 && line(330, 60)[0] === 100);
  // The notch points to the left hand of one who goes down: to the right of the picture.
  assert.deepEqual([line(323, 174), line(316, 174)], [[...colourOf(4)], [100, 100, 100]]);
  const motion = drawn({ motion: { moving: true, regions: [[400, 100, 80, 60]] } });
  assert.notDeepEqual(motion(440, 100), [100, 100, 100]);
  assert.deepEqual(motion(440, 130), [100, 100, 100]);
});

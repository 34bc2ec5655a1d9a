import assert from "node:assert/strict";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { createCounterScene } from "../../streams/scenes/counter_scene.ts";
import { analyzerNamed } from "./registry.ts";

const info = { stream: "test", epoch: 1, seq: 1, ptsUs: 0, arrivedAtMs: 0 };
const size = { width: 640, height: 360 };

Deno.test("the analyzer reads the number of every counter frame, looking at its upper part only", () => {
  const scene = createCounterScene({ seed: 1, fps: 25, ...size });
  const counter = analyzerNamed("counter", {});
  for (let n = 0; n < 300; n++) {
    const { pixels, truth } = scene.next();
    assert.equal(truth.counter, n);
    if (n % 30 > 1) continue;
    using picture = pictureFromPixels({ ...size, format: "rgb24", data: pixels });
    assert.deepEqual(counter.push({ info, ...size, outputs: {}, picture }), { value: n });
  }
});

Deno.test("frames without a counter, or without a picture, get no answer", () => {
  const counter = analyzerNamed("counter", {});
  using picture = pictureFromPixels({ ...size, format: "gray", data: new Uint8Array(640 * 360).fill(80) });
  assert.equal(counter.push({ info, ...size, outputs: {}, picture }), undefined);
  assert.equal(counter.push({ info, ...size, outputs: {} }), undefined);
});

Deno.test("the counter takes no options", () => {
  assert.throws(() => analyzerNamed("counter", { every: 2 }), /every/);
});

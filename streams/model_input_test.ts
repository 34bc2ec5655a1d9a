import assert from "node:assert/strict";
import type { Turn, TurnInput } from "../src/core/inference.ts";
import type { InputSpec } from "../src/core/model.ts";
import { AvPicture, pictureFromPixels } from "./av/picture.ts";
import { ModelInput } from "./model_input.ts";

const SPEC: InputSpec = {
  name: "images",
  width: 8,
  height: 8,
  layout: "nchw",
  colour: "rgb",
  type: "float32",
  scale: 1 / 255,
  mean: [],
  std: [],
  fit: "stretch",
  pad: 0,
  maxBatch: 1,
};

const grey = (level: number) =>
  pictureFromPixels({ width: 8, height: 8, format: "rgb24", data: new Uint8Array(8 * 8 * 3).fill(level) });

/** A turn that answers at once with the tensor's first value. */
function turn(waitedMs: number) {
  const ran: number[] = [];
  const run = ({ buffer, home }: TurnInput) => {
    ran.push(Math.round(new Float32Array(buffer)[0] * 255));
    home.give(buffer);
    return Promise.resolve({ output: { model: "m" }, startedAtMs: 0, inferMs: 1, readMs: 0 });
  };
  return { ran, turn: { expectedMs: 1, waitedMs, run, pass: () => {} } satisfies Turn };
}

Deno.test("while replicas stand idle, a picture is prepared before its turn is there, once, and its buffer comes home", async () => {
  using input = new ModelInput(SPEC, 2);
  using first = grey(10);
  using second = grey(20);
  const idle = turn(0.2);
  input.expect(first);
  assert.equal(input.pool.out, 0);
  await input.run(first, idle.turn);
  input.expect(second);
  assert.equal(input.pool.out, 1);
  const { prepareMs } = await input.run(second, idle.turn);
  assert.ok(prepareMs > 0);
  assert.deepEqual(idle.ran, [10, 20]);
  assert.equal(input.pool.out, 0);
});

Deno.test("a newer picture that takes the place of the expected one is the one that runs", async () => {
  using input = new ModelInput(SPEC, 1);
  const idle = turn(0);
  using first = grey(10);
  await input.run(first, idle.turn);
  {
    using outrun = grey(20);
    input.expect(outrun);
  }
  using newest = grey(30);
  input.expect(newest);
  await input.run(newest, idle.turn);
  assert.deepEqual(idle.ran, [10, 30]);
});

Deno.test("a buffer that was prepared for nothing never keeps another picture waiting", async () => {
  using input = new ModelInput(SPEC, 1);
  const idle = turn(0);
  using first = grey(10);
  await input.run(first, idle.turn);
  using outrun = grey(20);
  input.expect(outrun);
  using unexpected = grey(30);
  await input.run(unexpected, idle.turn);
  assert.deepEqual(idle.ran, [10, 30]);
});

Deno.test("of many pictures that come at once while replicas stand idle, one is decoded before its turn", async () => {
  using input = new ModelInput(SPEC, 4);
  const idle = turn(0);
  using first = grey(10);
  await input.run(first, idle.turn);
  const decoded: number[] = [];
  const lazy = (level: number) =>
    AvPicture.lazy({
      width: 8,
      height: 8,
      sizeBytes: 0,
      decode() {
        decoded.push(level);
        return grey(level);
      },
      release() {},
    });
  using one = lazy(20);
  using two = lazy(30);
  using three = lazy(40);
  for (const picture of [one, two, three]) input.expect(picture);
  assert.deepEqual(decoded, [20]);
  await input.run(one, turn(0).turn);
  await input.run(three, turn(30).turn);
  assert.deepEqual(decoded, [20, 40], "what never ran was decoded");
  assert.equal(input.pool.out, 0);
});

Deno.test("under load nothing is prepared that may never run", async () => {
  using input = new ModelInput(SPEC, 2);
  const busy = turn(30);
  using picture = grey(10);
  await input.run(picture, busy.turn);
  using next = grey(20);
  input.expect(next);
  assert.equal(input.pool.out, 0);
  await input.run(next, busy.turn);
  assert.deepEqual(busy.ran, [10, 20]);
});

Deno.test("a part of a picture is run without the whole one that was prepared ahead", async () => {
  using input = new ModelInput(SPEC, 2);
  const idle = turn(0);
  const data = new Uint8Array(16 * 16 * 3).fill(20);
  for (let y = 8; y < 16; y++) data.fill(100, (y * 16 + 8) * 3, (y * 16 + 16) * 3);
  using picture = pictureFromPixels({ width: 16, height: 16, format: "rgb24", data });
  using other = grey(10);
  await input.run(other, idle.turn);
  input.expect(picture);
  await input.run(picture, idle.turn, { region: { x: 8, y: 8, width: 8, height: 8 } });
  await input.run(picture, idle.turn);
  assert.deepEqual(idle.ran, [10, 100, 20]);
  assert.equal(input.pool.out, 0);
});

import assert from "node:assert/strict";
import type { StateSpec } from "../src/core/model.ts";
import type { Tensor } from "../models/tensors.ts";
import { ModelStates } from "./model_states.ts";

const SPEC: StateSpec = {
  carried: [
    { input: "a", output: "a2", type: "float32", dims: [1, 2] },
    { input: "b", output: "b2", type: "float16", dims: [3] },
  ],
  elapsed: { input: "dt", dims: [] },
};

const memory = (ptsUs: number, { stream = "gate", of = "rppg/1", epoch = 1 } = {}) => ({ stream, of, epoch, ptsUs });

/** A run whose states are full of a number. */
function answered(value: number): Record<string, Tensor> {
  return {
    wave: { type: "float32", dims: [1, 1], data: Float32Array.of(value) },
    a2: { type: "float32", dims: [1, 2], data: Float32Array.of(value, value) },
    b2: { type: "float16", dims: [3], data: Float16Array.of(value, value, value) },
  };
}

function fed(states: ModelStates, of?: ReturnType<typeof memory>) {
  const { a, b, dt } = states.feeds(of);
  return { a: [...a.data as Float32Array], b: [...b.data as Float16Array], dt: Math.fround(Number(dt.data[0])) };
}

Deno.test("a run goes on with what the one before handed on, and is told how long ago that was", () => {
  const states = new ModelStates(SPEC);
  assert.deepEqual(states.outputs, ["a2", "b2"]);
  assert.deepEqual(fed(states, memory(0)), { a: [0, 0], b: [0, 0, 0], dt: Math.fround(1 / 30) });
  const outputs = answered(7);
  states.keep(outputs, memory(0));
  assert.deepEqual(Object.keys(outputs), ["wave"]);
  // Frames that were dropped leave it as it is; only the time goes on.
  assert.deepEqual(fed(states, memory(120_000)), { a: [7, 7], b: [7, 7, 7], dt: Math.fround(0.12) });
  assert.deepEqual(fed(states, memory(60_000_000)).dt, Math.fround(1 / 30), "nobody tells a network of a minute");
});

Deno.test("tracks and streams have each their own, and a picture of no stream none", () => {
  const states = new ModelStates(SPEC);
  states.keep(answered(1), memory(0));
  states.keep(answered(2), memory(0, { of: "rppg/2" }));
  states.keep(answered(3), memory(0, { stream: "yard" }));
  states.keep(answered(4));
  assert.equal(states.held, 3);
  assert.deepEqual(fed(states, memory(1)).a, [1, 1]);
  assert.deepEqual(fed(states, memory(1, { of: "rppg/2" })).a, [2, 2]);
  assert.deepEqual(fed(states, memory(1, { stream: "yard" })).a, [3, 3]);
  assert.deepEqual(fed(states).a, [0, 0]);
  states.forget("gate");
  assert.equal(states.held, 1);
  assert.deepEqual(fed(states, memory(2)).a, [0, 0]);
  assert.deepEqual(fed(states, memory(2, { stream: "yard" })).a, [3, 3]);
});

Deno.test("a new epoch begins with zeros, in the place of the one before", () => {
  const states = new ModelStates(SPEC);
  states.keep(answered(1), memory(5_000_000));
  assert.deepEqual(fed(states, memory(0, { epoch: 2 })), { a: [0, 0], b: [0, 0, 0], dt: Math.fround(1 / 30) });
  states.keep(answered(2), memory(0, { epoch: 2 }));
  assert.equal(states.held, 1);
  assert.deepEqual(fed(states, memory(40_000, { epoch: 2 })).a, [2, 2]);
});

Deno.test("what was used least lately goes where there is too much, and is counted", () => {
  // Two floats and three halves are 14 bytes.
  const states = new ModelStates(SPEC, 30);
  for (const  of of["1", "2"]) states.keep(answered(1), memory(0, { of }));
  states.keep(answered(2), memory(1, { of: "1" }));
  states.keep(answered(3), memory(1, { of: "3" }));
  assert.deepEqual([states.held, states.dropped], [2, 1]);
  assert.deepEqual(fed(states, memory(2, { of: "2" })).a, [0, 0]);
  assert.deepEqual(fed(states, memory(2, { of: "1" })).a, [2, 2]);
  assert.deepEqual(fed(states, memory(2, { of: "3" })).a, [3, 3]);
});

import assert from "node:assert/strict";
import { nowMs } from "../../src/core/clock.ts";
import { Inlet, type PushedFrame } from "./inlet.ts";
import { untilWithin } from "../../tests/support/until.ts";

const until = (condition: () => boolean) => untilWithin(20_000)(condition, "what the inlet was to do");

/** An inlet with a source behind it that numbers its frames from 1, and a record of what its sender hears. */
function rig() {
  const heard: string[] = [];
  let seq = 0;
  let renewals = 0;
  const inlet = new Inlet({
    grant: (sender, credits) => void heard.push(`${sender}:+${credits}`),
    refuse: (sender, { code }) => void heard.push(`${sender}:${code}`),
    renew: () => renewals++,
  });
  const receiver = { receive: () => inlet.waits(++seq), overrun: () => void heard.push("overrun") };
  return {
    inlet,
    attach: () => inlet.attach(receiver),
    push: (sender: number) => inlet.push(sender, frame()),
    heard: () => heard.splice(0),
    renewals: () => renewals,
    [Symbol.dispose]: () => inlet[Symbol.dispose](),
  };
}

const frame = (): PushedFrame => ({ bytes: new Uint8Array(1), arrivedAtMs: nowMs() });

Deno.test("credits go out once there are both a source and a sender, in whichever order they come", () => {
  using first = rig();
  first.attach();
  assert.deepEqual(first.heard(), []);
  first.inlet.setSender(1, 0);
  assert.deepEqual(first.heard(), ["1:+3"]);
  using second = rig();
  second.inlet.setSender(7, 0);
  assert.deepEqual(second.heard(), []);
  second.attach();
  assert.deepEqual(second.heard(), ["7:+3"]);
});

Deno.test("a sender that comes from another thread keeps its credits and gets what is missing", () => {
  using r = rig();
  r.inlet.setSender(1, 2);
  r.attach();
  assert.deepEqual(r.heard(), ["1:+1"]);
});

Deno.test("a frame whose turn came gives its credit back at once, and only once", () => {
  using r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  r.push(1);
  r.push(1);
  assert.deepEqual(r.heard(), ["1:+3"]);
  r.inlet.used(1);
  r.inlet.used(1);
  r.inlet.passed(1);
  assert.deepEqual(r.heard(), ["1:+1"]);
  r.inlet.used(2);
  assert.deepEqual(r.heard(), ["1:+1"]);
});

Deno.test("credits of frames that were passed over come back one by one, and all of them", async () => {
  using r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  for (let n = 0; n < 3; n++) r.push(1);
  assert.deepEqual(r.heard(), ["1:+3"]);
  for (const seq of [1, 2, 3]) r.inlet.passed(seq);
  assert.deepEqual(r.heard(), [], "not at once");
  const heard: string[] = [];
  await until(() => heard.push(...r.heard()) === 3);
  assert.deepEqual(heard, ["1:+1", "1:+1", "1:+1"]);
});

Deno.test("a frame that was refused costs its credit for a while, and its sender hears why", async () => {
  using r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  r.inlet.push(1, frame());
  r.inlet.used(1);
  r.heard();
  r.inlet.refused({ code: "unsupported", message: "no image" });
  assert.deepEqual(r.heard(), ["1:unsupported"]);
  r.push(1);
  r.inlet.used(2);
  await until(() => r.heard().includes("1:+1"));
});

Deno.test("the frames of a sender that was replaced are not taken, and what still waits counts against the new one", () => {
  using r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  r.inlet.setSender(2, 0);
  assert.deepEqual(r.heard(), ["1:+3", "2:+3"]);
  assert.equal(r.renewals(), 0, "nothing had been sent: it is the same film");
  r.push(1);
  r.push(2);
  assert.deepEqual(r.heard(), []);
  r.inlet.setSender(3, 0);
  assert.equal(r.renewals(), 1);
  r.attach();
  assert.deepEqual(r.heard(), ["3:+2"]);
  r.inlet.used(1);
  assert.deepEqual(r.heard(), ["3:+1"]);
});

Deno.test("a paused stream takes nothing, is not woken by a new sender, and grants anew when it goes on", () => {
  using r = rig();
  const run = r.attach();
  r.inlet.setSender(1, 0);
  r.push(1);
  run[Symbol.dispose]();
  r.push(1);
  r.inlet.setSender(2, 0);
  assert.equal(r.renewals(), 0);
  assert.deepEqual(r.heard(), ["1:+3"]);
  r.attach();
  assert.deepEqual(r.heard(), ["2:+2"]);
});

Deno.test("frames beyond the credits are told to the source, without their bytes", () => {
  using r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  r.inlet.push(1, undefined);
  assert.deepEqual(r.heard(), ["1:+3", "overrun"]);
});

Deno.test("an inlet that is gone says nothing more", () => {
  const r = rig();
  r.attach();
  r.inlet.setSender(1, 0);
  r.push(1);
  r.heard();
  r.inlet[Symbol.dispose]();
  r.inlet.passed(1);
  r.push(1);
  assert.deepEqual(r.heard(), []);
});

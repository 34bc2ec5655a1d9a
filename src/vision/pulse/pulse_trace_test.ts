import assert from "node:assert/strict";
import { estimatePulse, pulseEstimates } from "./estimate_pulse.ts";
import { PulseTrace, TRACE_FPS } from "./pulse_trace.ts";
import type { RgbTrace } from "./rgb_trace.ts";
import { syntheticTrace } from "./synthetic_trace.ts";

const { trace, bpm } = syntheticTrace(5, 0.002, { seconds: 20 });

/** The trace with frames left out, at other times, or in other light. */
function pushed(change: (i: number) => { time?: number; gain?: number } | undefined): PulseTrace {
  const live = new PulseTrace(31);
  for (let i = 0; i < trace[0].length; i++) {
    const { time = i / 30, gain = 1 } = change(i) ?? { time: Number.NaN };
    live.push({ time, rgb: [trace[0][i] * gain, trace[1][i] * gain, trace[2][i] * gain] });
  }
  return live;
}

function rate(live: PulseTrace, seconds = 20): number {
  return estimatePulse(live.window(seconds)!.trace, TRACE_FPS)!.bpm;
}

Deno.test("frames that are missing, late or come twice do not change the rate", () => {
  assert.ok(Math.abs(rate(pushed(() => ({}))) - bpm) < 1);
  // One in seven is dropped, and at ten seconds there is nothing for 0.6 s.
  assert.ok(Math.abs(rate(pushed((i) => i % 7 === 3 || (i > 300 && i < 318) ? undefined : {})) - bpm) < 2);
  const twice = new PulseTrace(31);
  for (let i = 0; i < 600; i++) {
    const rgb = [trace[0][i], trace[1][i], trace[2][i]] as const;
    twice.push({ time: i / 30, rgb });
    twice.push({ time: i / 30 - 0.01, rgb: [0, 0, 0] });
  }
  assert.ok(Math.abs(rate(twice) - bpm) < 1);
});

Deno.test("the rate goes by the frames' times, not by their number", () => {
  // Every third frame only: ten a second.
  const slow = pushed((i) => i % 3 === 0 ? {} : undefined);
  assert.ok(Math.abs(slow.window(20)!.fps - 10) < 0.2);
  const even = new PulseTrace(31);
  for (let i = 0; i < 600; i++) even.push({ time: i / 24, rgb: [trace[0][i], trace[1][i], trace[2][i]] });
  assert.ok(Math.abs(rate(even) - bpm * 0.8) < 2);
});

Deno.test("a camera that changes its exposure leaves the pulse as it was", () => {
  const stepped = pushed((i) => ({ gain: i < 200 ? 1 : i < 410 ? 1.3 : 0.85 }));
  assert.ok(Math.abs(rate(stepped) - bpm) < 1);
  const { trace: [, green] } = stepped.window(20)!;
  const mean = (from: number, to: number) => green.subarray(from, to).reduce((sum, value) => sum + value) / (to - from);
  assert.ok(Math.abs(mean(100, 190) / mean(430, 590) - 1) < 0.02, "levels before and after are one");
});

Deno.test("after a long gap the trace begins anew, and old frames go", () => {
  const live = new PulseTrace(10);
  for (let i = 0; i < 900; i++) live.push({ time: i / 30, rgb: [100, 90, 80] });
  assert.ok(live.seconds <= 11.1 && live.seconds >= 9.9, `${live.seconds} s`);
  live.push({ time: 33, rgb: [100, 90, 80] });
  assert.equal(live.seconds, 0);
  assert.equal(live.window(10), undefined);
  live.push({ time: Number.NaN, rgb: [1, 2, 3] });
  live.push({ time: 34, rgb: [Number.NaN, 2, 3] });
  assert.equal(live.lastTime, 33);
});

Deno.test("light that swings twice a second misleads green, but not the choice among methods", () => {
  let led = 0;
  for (let seed = 300; seed < 320; seed++) {
    const { trace, bpm } = syntheticTrace(seed, 0.002);
    const estimates = pulseEstimates(trace, 30, ["green"]);
    const green = estimates.find(({ way }) => way === "green")!;
    if (Math.abs(green.bpm - bpm) > 5) {
      led++;
      assert.ok(green.confidence < 0.7, `seed ${seed}: green is led astray and is ${green.confidence} sure`);
    }
    const best = estimatePulse(trace, 30)!;
    assert.ok(Math.abs(best.bpm - bpm) < 5, `seed ${seed}: ${best.bpm} instead of ${bpm}`);
    assert.ok(best.confidence >= 0.8);
  }
  assert.ok(led >= 5, `green is led astray ${led} times of 20`);
});

Deno.test("a channel that is black or white is recognised, not believed", () => {
  const size = 900;
  const beat = (level: number, depth: number, hz: number) =>
    Float64Array.from({ length: size }, (_, i) => level * (1 + depth * Math.sin((2 * Math.PI * hz * i) / 30)));
  // Through a finger: red carries the pulse, green is black but for a lamp's flicker, blue is nothing.
  const finger = [beat(240, 0.01, 1.2), beat(0.4, 0.5, 2.1), new Float64Array(size)] as const;
  const best = estimatePulse(finger, 30)!;
  assert.equal(best.way, "red");
  assert.ok(Math.abs(best.bpm - 72) < 0.5);
  assert.deepEqual(best.clipped, ["green", "blue"]);
  assert.equal(estimatePulse(finger, 30, "green"), undefined);
});

Deno.test("where there is no pulse, there is no confidence", () => {
  let sure = 0, state = 99;
  for (let window = 0; window < 20; window++) {
    const noise = [160, 110, 90].map((level) =>
      Float64Array.from({ length: 600 }, () => {
        state = (Math.imul(1664525, state) + 1013904223) >>> 0;
        return level * (1 + 0.006 * (state / 2 ** 31 - 1));
      })
    ) as unknown as RgbTrace;
    if ((estimatePulse(noise, 30)?.confidence ?? 0) >= 0.7) sure++;
  }
  assert.ok(sure <= 2, `${sure} of 20`);
  assert.equal(estimatePulse([0, 1, 2].map(() => new Float64Array(300).fill(100)) as never, 30), undefined);
});

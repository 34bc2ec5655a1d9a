import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PulseNetwork } from "./pulse_network.ts";
import { readSignal, type SignalReading } from "./read_signal.ts";
import type { RgbTrace } from "./rgb_trace.ts";
import { restlessTrace, syntheticTrace } from "./synthetic_trace.ts";

let network: PulseNetwork | undefined;
const weights = fileURLToPath(new URL("../../../models/builtin/weir-pulse.f32", import.meta.url));
const open = () => network ??= new PulseNetwork(Deno.readFileSync(weights));

function read(trace: RgbTrace, times = evenly(trace[0].length), method: "auto" | "pos" | "network" = "auto") {
  const [red, green, blue] = trace.map((channel) => Float64Array.from(channel));
  return readSignal({ times, channels: [red, green, blue], method }, open);
}

function evenly(count: number, fps = 30): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, (_, i) => i / fps);
}

function told(answer: ReturnType<typeof readSignal>): SignalReading {
  assert.ok(!("refused" in answer), JSON.stringify(answer));
  return answer;
}

Deno.test("the network is asked only where there is half a minute, and of a long signal its end counts", () => {
  network = undefined;
  const short = told(read(syntheticTrace(2, 0.002, { seconds: 20 }).trace));
  assert.deepEqual([short.method, network], ["pos", undefined]);
  // The rate changes after half of it.
  const [before, after] = [syntheticTrace(2, 0.002), syntheticTrace(3, 0.002)];
  const both = before.trace.map((channel, i) => Float64Array.of(...channel, ...after.trace[i])) as unknown as RgbTrace;
  const { bpm, method, windowS } = told(read(both));
  assert.ok(Math.abs(bpm! - after.bpm) < 2 && Math.abs(before.bpm - after.bpm) > 5, `${bpm}`);
  assert.deepEqual([method, windowS], ["network", 30.2]);
});

Deno.test("colours of 8 bits, shares of one, and what is left of them without their means say the same", () => {
  const { bpm, trace } = syntheticTrace(8, 0.002);
  const forms = [
    trace,
    trace.map((channel) => channel.map((value) => value / 255)),
    trace.map((channel) => {
      const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
      return channel.map((value) => value / mean - 1);
    }),
  ] as unknown as RgbTrace[];
  for (const form of forms) {
    const { bpm: rate, confidence } = told(read(form));
    assert.ok(Math.abs(rate! - bpm) < 2 && confidence >= 0.8, `${rate} of ${bpm}, ${confidence} sure`);
  }
});

Deno.test("frames that are missing cost no rate, and who shakes is seldom told a wrong one", () => {
  const restless = Array.from({ length: 12 }, (_, seed) => {
    const { bpm, times, trace } = restlessTrace(seed + 1, 0.002);
    const { bpm: rate, confidence } = told(read(trace, Float64Array.from(times)));
    return { confidence, error: Math.abs(rate! - bpm) };
  });
  const sure = restless.filter(({ confidence }) => confidence >= 0.8);
  assert.ok(sure.length >= 6, `${sure.length} are sure`);
  assert.ok(sure.filter(({ error }) => error > 5).length <= 1, JSON.stringify(sure));
  const steady = syntheticTrace(4, 0.002);
  const kept = [...evenly(900)].flatMap((time, i) => i % 6 === 2 || (i > 400 && i < 420) ? [] : [{ time, i }]);
  const thin = steady.trace.map((channel) => Float64Array.from(kept, ({ i }) => channel[i])) as unknown as RgbTrace;
  const found = told(read(thin, Float64Array.from(kept, ({ time }) => time)));
  assert.ok(Math.abs(found.bpm! - steady.bpm) < 2, `${found.bpm} of ${steady.bpm}`);
});

Deno.test("a finger on the lens is read by the channel that shines through, whatever is clipped", () => {
  const red = Float64Array.from(evenly(900), (time) => 180 + 2 * Math.sin((2 * Math.PI * 66 * time) / 60));
  const green = new Float64Array(900).fill(0), blue = Float64Array.from(red, (value) => value / 40);
  const { bpm, method } = told(read([red, green, blue]));
  assert.ok(Math.abs(bpm! - 66) < 1, `${bpm}`);
  assert.ok(method === "red" || method === "blue", method);
});

Deno.test("samples that come too seldom have no confidence, and say so", () => {
  const seldom = syntheticTrace(6, 0.002, { fps: 10 });
  const { confidence, reasons } = told(read(seldom.trace, evenly(300, 10)));
  assert.deepEqual([confidence, reasons], [0, ["lowRate"]]);
});

Deno.test("what is left after a gap is too short by itself", () => {
  const { trace } = syntheticTrace(6, 0.002);
  const times = evenly(900).map((time) => time > 27 ? time + 3 : time);
  assert.deepEqual(read(trace, times), {
    refused: "is 2.93 s long after its last gap of more than 1.5 s: at least 5 s are needed",
  });
});

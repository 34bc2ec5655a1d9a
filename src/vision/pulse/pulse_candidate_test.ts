import assert from "node:assert/strict";
import { estimatePulse } from "./estimate_pulse.ts";
import type { RgbTrace } from "./rgb_trace.ts";

const FPS = 30, WINDOW_S = 10;
const LEVELS = [180, 120, 100], SIGNATURE = [0.33, 0.77, 0.53];

/** Ten seconds of skin whose heart changed its rate so long before their end, and breathes. */
function changedTrace(from: number, to: number, { afterS, phase }: { afterS: number; phase: number }): RgbTrace {
  const size = WINDOW_S * FPS;
  const trace: RgbTrace = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < size; i++) {
    const time = i / FPS - (WINDOW_S - afterS);
    const breath = Math.sin(2 * Math.PI * 0.23 * time + phase) / (60 * 2 * Math.PI * 0.23);
    const angle = 2 * Math.PI * (((time < 0 ? from : to) * time) / 60 + breath) + 3 * phase;
    const pulse = Math.sin(angle) + 0.25 * Math.sin(2 * angle + 0.5);
    LEVELS.forEach((level, channel) => {
      // A small unrest of its own in each channel, of many rates.
      const unrest = Math.sin(i * (1.7 + channel)) + Math.sin(i * i * 0.013 * (channel + 1));
      trace[channel][i] = level * (1 - 0.004 * SIGNATURE[channel] * pulse + 0.0003 * unrest);
    });
  }
  return trace;
}

Deno.test("a window of ten seconds follows a rate that changed by 20, either way, five seconds before", () => {
  for (let from = 50; from <= 160; from += 10) {
    for (const to of [from - 20, from + 20].filter((bpm) => bpm >= 50 && bpm <= 160)) {
      for (const phase of [0.3, 1.4, 2.9, 4.2]) {
        const estimate = estimatePulse(changedTrace(from, to, { afterS: 5, phase }), FPS)!;
        const said = `${from} to ${to}, phase ${phase}: ${estimate.bpm}, ${estimate.confidence} sure`;
        assert.ok(Math.abs(estimate.bpm - to) <= 2 && estimate.confidence >= 0.7, said);
      }
    }
  }
});

import assert from "node:assert/strict";
import golden from "../../../tests/golden/pulse.json" with { type: "json" };
import { beatRate } from "./beat_rate.ts";
import { butterworth } from "./butterworth.ts";
import { detrend } from "./detrend.ts";
import { filtfilt } from "./filtfilt.ts";
import { pulseOf } from "./pulse_methods.ts";
import { resample, type RgbTrace } from "./rgb_trace.ts";
import { hann, peakOf, periodogram, snrDb, welch, windowed } from "./spectrum.ts";
import { tintAt } from "./tint.ts";

const FPS = 30;

function near(values: ArrayLike<number>, expected: Record<string, number> | number[], what: string): void {
  const size = Math.max(...Object.values(expected).map(Math.abs));
  for (const [index, value] of Object.entries(expected)) {
    const error = Math.abs(values[Number(index)] - value) / Math.max(Math.abs(value), size * 1e-3);
    assert.ok(error <= 1e-6, `${what}[${index}]: ${values[Number(index)]} instead of ${value}`);
  }
}

/** The trace of scripts/golden/pulse.py. */
function trace(): RgbTrace {
  const colours: RgbTrace = [new Float64Array(240), new Float64Array(240), new Float64Array(240)];
  let state = 7;
  for (let i = 0; i < 240; i++) {
    const turn = (2 * Math.PI * i) / FPS;
    const pulse = Math.sin(1.3 * turn) + 0.25 * Math.sin(2.6 * turn + 0.5), sway = 0.02 * Math.sin(0.3 * turn);
    [[180, 0.33], [120, 0.77], [100, 0.53]].forEach(([level, share], channel) => {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      const noise = 0.002 * (2 * (state / 2 ** 32) - 1);
      colours[channel][i] = level * (1 + sway - 0.004 * share * pulse + noise);
    });
  }
  return colours;
}

const wave = (hz: number, size: number) =>
  Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * hz * i) / FPS));

Deno.test("filters, spectra and methods equal SciPy's and numpy's", () => {
  const colours = trace();
  for (const [index, values] of Object.entries(golden.colours)) {
    near(colours.map((channel) => channel[Number(index)]), values, `colours ${index}`);
  }
  for (const [key, [b, a]] of Object.entries(golden.butter)) {
    const [order, low, high] = key.split(" ").map(Number);
    const filter = butterworth(order, [low, high], FPS);
    near(filter.b, b, `${key}: b`);
    near(filter.a, a, `${key}: a`);
  }
  const green = colours[1];
  near(filtfilt(butterworth(2, [0.65, 4], FPS), green), golden.filtfilt, "filtfilt");
  near(detrend(green, 100), golden.detrend, "detrend");
  near(welch(green, FPS).power, golden.welch, "welch");
  near(periodogram(green, FPS).power, golden.periodogram, "periodogram");
  for (const method of ["pos", "chrom", "lgi", "omit"] as const) {
    near(pulseOf(method, colours, FPS), golden[method], method);
  }
});

Deno.test("a peak between two bins is found to a hundredth of a bin, and stands out of nothing else", () => {
  for (const hz of [0.91, 1.2345, 2.77]) {
    const values = wave(hz, 600);
    const spectrum = windowed(values, FPS, hann(600));
    assert.ok(Math.abs(peakOf(spectrum, [0.65, 4]).hz - hz) < spectrum.stepHz / 100);
    assert.ok(snrDb(spectrum, hz) > 15);
    assert.ok(snrDb(spectrum, hz + 0.5) < 0);
  }
});

Deno.test("a heart that does not beat evenly is told by all its beats", () => {
  // A rate that swings between 54 and 78 a minute has its mean where its spectrum has no peak.
  const values = new Float64Array(900);
  let angle = 0, sum = 0;
  for (let i = 0; i < 900; i++) {
    const hz = 1.1 + 0.2 * Math.sin((2 * Math.PI * 0.1 * i) / FPS);
    sum += hz / 900;
    angle += (2 * Math.PI * hz) / FPS;
    values[i] = Math.sin(angle);
  }
  const { hz } = beatRate(values, FPS, { nearHz: peakOf(welch(values, FPS), [0.65, 4]).hz });
  assert.ok(Math.abs(hz - sum) * 60 < 1.5, `${hz * 60} instead of ${sum * 60}`);
  assert.ok(beatRate(wave(1.2, 900), FPS, { nearHz: 1.25 }).steady > 0.9);
});

Deno.test("samples at odd times come out at even ones, straight between", () => {
  const times = [0, 0.05, 0.09, 0.3, 0.34];
  const even = resample(times, times.map((time) => 2 * time + 1), 10);
  assert.deepEqual(Array.from(even, (value) => Number(value.toFixed(9))), [1, 1.2, 1.4, 1.6]);
  assert.equal(resample([], [], 30).length, 0);
});

Deno.test("detrending takes out what is slow and leaves a beat", () => {
  const slow = Float64Array.from({ length: 600 }, (_, i) => 0.05 * i + 3 * Math.sin((2 * Math.PI * 0.02 * i) / FPS));
  const left = detrend(slow.map((value, i) => value + wave(1.2, 600)[i]), 100);
  const beat = wave(1.2, 600);
  for (let i = 60; i < 540; i++) assert.ok(Math.abs(left[i] - beat[i]) < 0.1, `${i}: ${left[i]} and ${beat[i]}`);
  assert.deepEqual(Array.from(detrend([1, 2], 100)), [0, 0]);
});

Deno.test("light has no tint, blood has some, noise has much", () => {
  const swing = (parts: number[]) =>
    parts.map((part) => wave(1.5, 300).map((value) => 100 * (1 + 0.004 * part * value)));
  assert.ok(tintAt(swing([1, 1, 1]) as unknown as RgbTrace, FPS, 1.5) < 1e-9);
  const blood = tintAt(swing([0.33, 0.77, 0.53]) as unknown as RgbTrace, FPS, 1.5);
  assert.ok(blood > 0.05 && blood < 0.2, `${blood}`);
  assert.ok(tintAt(swing([1, 0, -1]) as unknown as RgbTrace, FPS, 1.5) > 0.9);
});

Deno.test("impossible filters and signals are refused with what is wrong", () => {
  assert.throws(() => butterworth(2, [0.65, 16], 30), /band-pass from 0.65 to 16 Hz at 30/);
  assert.throws(() => filtfilt(butterworth(2, [0.65, 4], 30), new Float64Array(15)), /15 samples: more than 15/);
});

import { moments, type RgbTrace } from "./rgb_trace.ts";
import { hann } from "./spectrum.ts";

/**
 * How far what swings at a rate has a colour, 0 to 1: light and motion move all channels alike (0), blood moves green most
 * (about 0.1), and noise moves each as it likes (about 0.7).
 */
export function tintAt(trace: RgbTrace, fps: number, hz: number): number {
  const size = trace[0].length;
  const window = hann(size);
  const cosines = new Float64Array(size), sines = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const angle = (2 * Math.PI * hz * i) / fps;
    cosines[i] = Math.cos(angle);
    sines[i] = Math.sin(angle);
  }
  let sumRe = 0, sumIm = 0, powers = 0;
  for (const channel of trace) {
    const { mean } = moments(channel);
    // The mean under the window, so that a level does not leak into slow rates.
    let weights = 0, level = 0;
    for (let i = 0; i < size; i++) {
      weights += window[i];
      level += window[i] * channel[i];
    }
    level /= weights;
    let re = 0, im = 0;
    for (let i = 0; i < size; i++) {
      const value = ((channel[i] - level) / mean) * window[i];
      re += value * cosines[i];
      im += value * sines[i];
    }
    sumRe += re;
    sumIm += im;
    powers += re * re + im * im;
  }
  return powers > 0 ? Math.max(0, 1 - (sumRe * sumRe + sumIm * sumIm) / (3 * powers)) : 0;
}

import FFT from "fft.js";
import { moments } from "./rgb_trace.ts";
import { powerOfTwo } from "./spectrum.ts";

const EDGE_S = 0.6;
const transforms = new Map<number, FFT>();

/**
 * The mean rate of a signal whose rate is roughly known: how far its phase turns, beat for beat, from end to end. Where
 * the heart does not beat evenly, a spectrum's highest point is that of the commonest beat; this counts them all.
 * `steady` tells how evenly it turns: 1 for a clean wave.
 */
export function beatRate(
  values: ArrayLike<number>,
  fps: number,
  { nearHz, weights }: { nearHz: number; weights?: ArrayLike<number> },
): { hz: number; steady: number } {
  const size = values.length, bins = powerOfTwo(size * 1.5);
  let transform = transforms.get(bins);
  if (!transform) transforms.set(bins, transform = new FFT(bins));
  const input = new Array<number>(bins).fill(0);
  for (let i = 0; i < size; i++) input[i] = values[i];
  const spectrum = transform.createComplexArray();
  transform.realTransform(spectrum, input);
  // Only what may be this beat, on the positive side: what comes back is a turning arrow.
  const half = Math.max(0.25, 0.3 * nearHz);
  for (let i = 0; i < bins; i++) {
    const away = Math.abs((i * fps) / bins - nearHz) / half;
    const share = i > bins / 2 || away >= 1 ? 0 : away <= 0.6 ? 1 : Math.cos(((away - 0.6) / 0.4) * (Math.PI / 2)) ** 2;
    spectrum[2 * i] *= share;
    spectrum[2 * i + 1] *= share;
  }
  const arrow = transform.createComplexArray();
  transform.inverseTransform(arrow, spectrum);
  const lengths = Float64Array.from({ length: size }, (_, i) => Math.hypot(arrow[2 * i], arrow[2 * i + 1]));
  const steps = new Float64Array(size - 1);
  let turned = 0, at = 0, sumW = 0, sumT = 0, sumP = 0, sumTt = 0, sumTp = 0;
  const { mean } = moments(lengths);
  // At the very ends the filter has seen too little.
  const edge = Math.min(Math.round(EDGE_S * fps), size >> 3);
  for (let i = 0; i < size; i++) {
    if (i > 0) {
      const re = arrow[2 * i] * arrow[2 * i - 2] + arrow[2 * i + 1] * arrow[2 * i - 1];
      const im = arrow[2 * i + 1] * arrow[2 * i - 2] - arrow[2 * i] * arrow[2 * i - 1];
      turned += steps[i - 1] = Math.atan2(im, re);
      at = i / fps;
    }
    if (i < edge || i >= size - edge) continue;
    const weight = Math.min(1, (lengths[i] / mean) ** 2) * (weights?.[i] ?? 1);
    sumW += weight;
    sumT += weight * at;
    sumP += weight * turned;
    sumTt += weight * at * at;
    sumTp += weight * at * turned;
  }
  const slope = (sumW * sumTp - sumT * sumP) / (sumW * sumTt - sumT * sumT);
  const hz = slope / (2 * Math.PI);
  const spread = (moments(steps).deviation * fps) / (2 * Math.PI);
  return { hz, steady: Math.max(0, 1 - spread / half) };
}

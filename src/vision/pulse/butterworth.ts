/** A digital filter: what goes in is weighted by `b`, what came out by `a`; `a[0]` is 1. */
export interface Filter {
  b: Float64Array;
  a: Float64Array;
}

type Complex = readonly [re: number, im: number];

/** A Butterworth band-pass of the given order between two frequencies (Hz), by the bilinear transform. */
export function butterworth(order: number, [low, high]: readonly [number, number], fps: number): Filter {
  if (!(low > 0 && low < high && high < fps / 2)) {
    throw new RangeError(`Cannot make a band-pass from ${low} to ${high} Hz at ${fps} samples a second`);
  }
  // Edges bent in advance, so that the bilinear transform (at a rate of 2, as is usual) puts them back.
  const warpedLow = 4 * Math.tan((Math.PI * low) / fps), warpedHigh = 4 * Math.tan((Math.PI * high) / fps);
  const width = warpedHigh - warpedLow, centre = warpedLow * warpedHigh;
  const poles: Complex[] = [];
  for (let k = 0; k < order; k++) {
    const angle = (Math.PI * (2 * k + 1 + order)) / (2 * order);
    const half: Complex = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * width) / 2];
    const root = squareRoot(subtract(multiply(half, half), [centre, 0]));
    poles.push([half[0] + root[0], half[1] + root[1]], subtract(half, root));
  }
  // The analogue filter has `order` zeros at 0, which become 1; as many at infinity become −1.
  let gain: Complex = [Math.pow(4 * width, order), 0];
  for (const pole of poles) gain = divide(gain, subtract([4, 0], pole));
  const digital = poles.map((pole) => divide([4 + pole[0], pole[1]], subtract([4, 0], pole)));
  const zeros = poles.map((_, index): Complex => [index < order ? 1 : -1, 0]);
  return { b: polynomial(zeros).map((value) => value * gain[0]), a: polynomial(digital) };
}

/** Coefficients, highest power first, of the polynomial with these roots, which come in conjugate pairs. */
function polynomial(roots: readonly Complex[]): Float64Array {
  let terms: Complex[] = [[1, 0]];
  for (const root of roots) {
    const next: Complex[] = [...terms, [0, 0]];
    terms.forEach((term, index) => next[index + 1] = subtract(next[index + 1], multiply(term, root)));
    terms = next;
  }
  return Float64Array.from(terms, ([re]) => re);
}

function multiply(a: Complex, b: Complex): Complex {
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

function divide(a: Complex, b: Complex): Complex {
  const size = b[0] * b[0] + b[1] * b[1];
  return [(a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size];
}

function subtract(a: Complex, b: Complex): Complex {
  return [a[0] - b[0], a[1] - b[1]];
}

function squareRoot([re, im]: Complex): Complex {
  const size = Math.hypot(re, im);
  return [Math.sqrt((size + re) / 2), Math.sign(im || 1) * Math.sqrt((size - re) / 2)];
}

/** Which samples of a tensor a pass goes over. */
export interface Run {
  first: number;
  end: number;
  /** From one sample of the channel to the next. */
  step: number;
}

// The compiler makes fast code of a loop that only ever sees one type of array: hence one and the same loop thrice.

/** Looks every level up in a table of 256 floats. */
export function lookUpFloats(levels: Uint8Array, values: Float32Array, table: Float32Array, run: Run): void {
  const { first, end, step } = run;
  for (let index = first; index < end; index += step) values[index] = table[levels[index]];
}

/** Looks every level up in a table of 256 half-precision floats, given as their bits. */
export function lookUpHalves(levels: Uint8Array, values: Uint16Array, table: Uint16Array, run: Run): void {
  const { first, end, step } = run;
  for (let index = first; index < end; index += step) values[index] = table[levels[index]];
}

/** Looks every level up in a table of 256 bytes. */
export function lookUpBytes(levels: Uint8Array, values: Uint8Array, table: Uint8Array, run: Run): void {
  const { first, end, step } = run;
  for (let index = first; index < end; index += step) values[index] = table[levels[index]];
}

/**
 * value = value × gain + bias, in place. With a loop for each case it is too long to be inlined by the compiler for warm
 * code, whose own loop takes twice as long as this one does once it is hot.
 */
export function scaleFloats(values: Float32Array, factors: { gain: number; bias: number }, run: Run): void {
  const { gain, bias } = factors;
  const { first, end } = run;
  if (bias === 0) {
    for (let index = first; index < end; index++) values[index] = values[index] * gain;
  } else {
    for (let index = first; index < end; index++) values[index] = values[index] * gain + bias;
  }
}

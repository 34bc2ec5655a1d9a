/** What {@link rateKernel} gives: memory, and what works in it. Places in it are counted in bytes. */
export interface RateKernel {
  memory: WebAssembly.Memory;
  /**
   * Four rows of outputs: at `out`, each `row` after the one before. Inputs begin where the `taps` numbers at `places` say;
   * `weights` has four of them a tap. What comes out is never below `floor`.
   */
  convolve(
    weights: number,
    places: number,
    taps: number,
    bias: number,
    out: number,
    floor: number,
  ): void;
}

const I32 = 0x7f, F64 = 0x7c, V128 = 0x7b;
const PAGE = 65_536;

/** Instructions of WebAssembly, as bytes. */
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const constant = (value: number) => [0x41, ...signed(value)];
const add = [0x6a], less = [0x49];
const loadWord = [0x28, 2, 0];
const again = [0x0d, 0];
const loop = (...body: number[][]) => [0x03, 0x40, ...body.flat(), 0x0b];
const wide = (code: number, ...rest: number[]) => [0xfd, ...unsigned(code), ...rest];
const load = (offset: number) => wide(0, 3, ...unsigned(offset));
const loadBoth = (offset: number) => wide(10, 3, ...unsigned(offset));
const store = (offset: number) => wide(11, 3, ...unsigned(offset));
const both = wide(20), plus = wide(240), times = wide(242), most = wide(245);

/**
 * A convolution for rows of `bins` numbers (a multiple of four) that lie `row` numbers apart. Processors multiply two
 * numbers at once, but only WebAssembly can ask them to: four outputs at four bins stay in registers over all taps.
 */
export function rateKernel({ bins, row, bytes }: { bins: number; row: number; bytes: number }): RateKernel {
  const pages = Math.ceil(bytes / PAGE);
  const module = new WebAssembly.Module(moduleOf(codeOf(bins, row), pages));
  const { memory, convolve } = new WebAssembly.Instance(module).exports;
  return { memory: memory as WebAssembly.Memory, convolve: convolve as RateKernel["convolve"] };
}

function codeOf(bins: number, row: number): number[] {
  const [weights, places, taps, bias, out, floor, bin, weight, place, end, at] = Array.from(
    { length: 11 },
    (_, i) => i,
  );
  const left = 11, right = 12, factor = 13, sums = [14, 16, 18, 20];
  const outputs = [0, 1, 2, 3];
  const begin = outputs.flatMap((o) => [
    ...[...get(bias), ...loadBoth(8 * o), ...set(sums[o])],
    ...[...get(sums[o]), ...set(sums[o] + 1)],
  ]);
  const tap = outputs.flatMap((o) => [
    ...[...get(weight), ...loadBoth(8 * o), ...set(factor)],
    ...[left, right].flatMap((x, i) => [
      ...[...get(sums[o] + i), ...get(x), ...get(factor), ...times, ...plus, ...set(sums[o] + i)],
    ]),
  ]);
  const finish = outputs.flatMap((o) =>
    [0, 1].flatMap((i) => [
      ...[...get(out), ...get(bin), ...add],
      ...[...get(sums[o] + i), ...get(floor), ...both, ...most],
      ...store(8 * o * row + 16 * i),
    ])
  );
  return [
    ...[...get(places), ...get(taps), ...constant(4), 0x6c, ...add, ...set(end)],
    ...loop(
      begin,
      [...get(weights), ...set(weight), ...get(places), ...set(place)],
      loop(
        [...get(place), ...loadWord, ...get(bin), ...add, ...set(at)],
        [...get(at), ...load(0), ...set(left), ...get(at), ...load(16), ...set(right)],
        tap,
        [...get(weight), ...constant(32), ...add, ...set(weight)],
        [...get(place), ...constant(4), ...add, ...set(place)],
        [...get(place), ...get(end), ...less, ...again],
      ),
      finish,
      [...get(bin), ...constant(32), ...add, ...set(bin), ...get(bin), ...constant(8 * bins), ...less, ...again],
    ),
  ];
}

/** A module with one function and a memory of its own. */
function moduleOf(code: readonly number[], pages: number): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const section = (id: number, ...content: number[]) => [id, ...unsigned(content.length), ...content];
  const locals = [2, 5, I32, 11, V128];
  const body = [...locals, ...code, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 1, 0x60, 6, I32, I32, I32, I32, I32, F64, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, ...unsigned(pages)),
    ...section(7, 2, ...name("memory"), 2, 0, ...name("convolve"), 0, 0),
    ...section(10, 1, ...unsigned(body.length), ...body),
  ]);
}

/** A number as WebAssembly writes it: seven bits a byte. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}

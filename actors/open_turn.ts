const FLAG_BYTE = 0;
const FIGURES_BYTE = 8;
/** Flags are taken from so many numbers; the same one comes again only long after everybody has forgotten it. */
const FLAGS = 2 ** 30;

/** A turn that was taken off where it lay open. */
export interface TakenTurn {
  batch: number;
  expectedMs: number;
}

/**
 * A replica's next turn, lying open in memory that the threads share: whoever has a frame while nobody waits takes it
 * without a message. The dispatcher lays it there and takes it back as soon as somebody waits; of all who reach for it,
 * one gets it.
 */
export class OpenTurn {
  #flag: Int32Array;
  /** Batch, moment from which it may be taken, expected milliseconds. Written while the flag is down. */
  #figures: Float64Array;

  /** What one turn lies in. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(FIGURES_BYTE + 3 * Float64Array.BYTES_PER_ELEMENT);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#flag = new Int32Array(memory, FLAG_BYTE, 1);
    this.#figures = new Float64Array(memory, FIGURES_BYTE);
  }

  /** Lays the turn of this batch open; before `dueMs` it is for those only who gain nothing by waiting. */
  lay({ batch, dueMs, expectedMs }: TakenTurn & { dueMs: number }): void {
    Atomics.store(this.#flag, 0, 0);
    this.#figures[0] = batch;
    this.#figures[1] = dueMs;
    this.#figures[2] = expectedMs;
    Atomics.store(this.#flag, 0, 1 + (batch % FLAGS));
  }

  /** Takes the turn if one lies here that is due by `byMs`. */
  take(byMs: number): TakenTurn | undefined {
    const flag = Atomics.load(this.#flag, 0);
    if (flag === 0 || this.#figures[1] > byMs) return undefined;
    const taken = { batch: this.#figures[0], expectedMs: this.#figures[2] };
    return Atomics.compareExchange(this.#flag, 0, flag, 0) === flag ? taken : undefined;
  }

  /** Whether a turn lies here. */
  get lies(): boolean {
    return Atomics.load(this.#flag, 0) !== 0;
  }

  /** Takes the turn away; answers whether it still lay here. */
  clear(): boolean {
    return Atomics.exchange(this.#flag, 0, 0) !== 0;
  }
}

/** What one kill of a thread that still holds a decoder or session leaves behind, measured. */
const LEAK_BYTES = 16 * 2 ** 20;
const LEAK_DESCRIPTORS = 2;

/**
 * Counts threads that were ended without having closed their natives. Their memory and descriptors stay with the
 * process, so past a bound the process itself is to be replaced.
 */
export class Kills {
  #count = 0;
  #bound: number;
  #onLeakBound: (() => void) | undefined;

  constructor(options: { bound?: number; onLeakBound?: () => void } = {}) {
    this.#bound = options.bound ?? 16;
    this.#onLeakBound = options.onLeakBound;
  }

  get count(): number {
    return this.#count;
  }

  /** The most memory that can have been lost. */
  get leakedBytes(): number {
    return this.#count * LEAK_BYTES;
  }

  /** The most descriptors that can have been lost. */
  get leakedDescriptors(): number {
    return this.#count * LEAK_DESCRIPTORS;
  }

  /** So much may be lost that a fresh process is due. */
  get exhausted(): boolean {
    return this.#count >= this.#bound;
  }

  /** One more; the call that reaches the bound tells. */
  add(): void {
    this.#count++;
    if (this.#count === this.#bound) this.#onLeakBound?.();
  }
}

/**
 * A fixed set of equal, transferable buffers. A model's input is written into one, travels to the replica by transfer
 * and comes back the same way; no frame allocates. When all are out, the next taker waits: the pool is the bound.
 */
export class FramePool {
  #free: ArrayBuffer[] = [];
  #waiting: ((buffer: ArrayBuffer) => void)[] = [];
  #made = 0;

  constructor(readonly bufferBytes: number, readonly capacity: number) {}

  /** A buffer, at once when one is free, else when one comes back. */
  take(): ArrayBuffer | Promise<ArrayBuffer> {
    const buffer = this.#free.pop();
    if (buffer) return buffer;
    if (this.#made < this.capacity) {
      this.#made++;
      return new ArrayBuffer(this.bufferBytes);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A buffer, if one is free and nobody waits for it. */
  takeFree(): ArrayBuffer | undefined {
    if (this.#free.length > 0 || this.#made < this.capacity) return this.take() as ArrayBuffer;
  }

  /** A buffer is back. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength !== this.bufferBytes) {
      throw new RangeError(`Cannot return a buffer of ${buffer.byteLength} bytes to a pool of ${this.bufferBytes}`);
    }
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }

  /** A buffer went down with the thread that held it; another may be made in its place. */
  forget(): void {
    const next = this.#waiting.shift();
    if (next) next(new ArrayBuffer(this.bufferBytes));
    else this.#made--;
  }

  /** How many buffers are out. */
  get out(): number {
    return this.#made - this.#free.length;
  }

  /** The most memory this pool can take. */
  get boundBytes(): number {
    return this.bufferBytes * this.capacity;
  }
}

/** Where lines are written to. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** How lines wait. */
export interface LineQueueOptions {
  /** Lines that may wait; the oldest leave first. */
  capacity: number;
  /** The line that stands in the place of so many lost ones. */
  lost(count: number): string;
}

const BATCH_CHARACTERS = 64 * 1024;

/** Lines on their way to something that may be slow, stuck or gone. Pushing never waits and never throws. */
export class LineQueue {
  #lines: string[] = [];
  #unsaid = 0;
  #dropped = 0;
  #pumping: Promise<void> | undefined;
  #broken = false;
  #encoder = new TextEncoder();

  constructor(private readonly sink: ByteSink, private readonly options: LineQueueOptions) {}

  /** Lines lost so far: nobody read them in time. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a line over, without its line feed. */
  push(line: string): void {
    if (this.#broken) {
      this.#dropped++;
      return;
    }
    if (this.#lines.length >= this.options.capacity) {
      this.#lines.shift();
      this.#unsaid++;
      this.#dropped++;
    }
    this.#lines.push(line);
    this.#pumping ??= this.#pump();
  }

  /** Resolves when everything is written, or nobody reads it any more, or the time is up. */
  async drain(deadlineMs: number): Promise<void> {
    if (!this.#pumping) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#pumping, new Promise<void>((resolve) => timer = setTimeout(resolve, deadlineMs))]);
    clearTimeout(timer);
  }

  async #pump(): Promise<void> {
    // The rest of this turn's lines go out in the same write.
    await Promise.resolve();
    let underWay = 0;
    try {
      while (this.#lines.length > 0) {
        const { text, count } = this.#batch();
        underWay = count;
        const bytes = this.#encoder.encode(text);
        for (let sent = 0; sent < bytes.length;) sent += await this.sink.write(bytes.subarray(sent));
      }
    } catch {
      this.#broken = true;
      this.#dropped += underWay + this.#lines.length;
      this.#lines = [];
    }
    this.#pumping = undefined;
  }

  #batch(): { text: string; count: number } {
    let text = "";
    let taken = 0;
    if (this.#unsaid > 0) text += this.options.lost(this.#unsaid) + "\n";
    this.#unsaid = 0;
    while (taken < this.#lines.length && text.length < BATCH_CHARACTERS) text += this.#lines[taken++] + "\n";
    this.#lines.splice(0, taken);
    return { text, count: taken };
  }
}

/** Where a {@link LineWriter} writes to. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** One line that waits, and whose it is. */
interface Line {
  text: string;
  stream: string;
  seq: number;
  /** Lines of a stream whose every frame counts are never given up: its source is held back instead. */
  keep: boolean;
}

/** What a {@link LineWriter} is told. */
export interface LineWriterOptions {
  /** Lines that may wait. */
  capacity: number;
  /** The reader is slower than the lines come (`true`), or has caught up (`false`): sources that can wait should. */
  onBacklog?(full: boolean): void;
  /** The reader is gone: nobody will ever read another line. */
  onBroken?(error: Error): void;
}

const BATCH_CHARACTERS = 64 * 1024;

/**
 * Writes lines to something that may be slow, such as a pipe. What waits is bounded: past it the oldest lines of
 * live streams are given up, and a `gap` line in their place says which.
 */
export class LineWriter {
  #lines: Line[] = [];
  #gaps = new Map<string, { from: number; to: number; count: number }>();
  #pumping: Promise<void> | undefined;
  #backlog = false;
  #broken = false;
  #encoder = new TextEncoder();

  constructor(private readonly sink: ByteSink, private readonly options: LineWriterOptions) {}

  /** Whether the reader has gone. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#lines.length;
  }

  /** Hands a line over, without its line feed. */
  push(text: string, of: { stream: string; seq: number; keep: boolean }): void {
    if (this.#broken) return;
    if (this.#lines.length >= this.options.capacity) this.#giveUpOldest();
    this.#lines.push({ text, ...of });
    if (this.#lines.length >= this.options.capacity / 2) this.#setBacklog(true);
    this.#pumping ??= this.#pump();
  }

  /** Resolves when everything is written, or nobody reads it any more. */
  async drain(): Promise<void> {
    await this.#pumping;
  }

  #giveUpOldest(): void {
    const index = this.#lines.findIndex((line) => !line.keep);
    if (index < 0) return;
    const [{ stream, seq }] = this.#lines.splice(index, 1);
    const gap = this.#gaps.get(stream);
    if (gap) {
      gap.to = seq;
      gap.count++;
    } else this.#gaps.set(stream, { from: seq, to: seq, count: 1 });
  }

  async #pump(): Promise<void> {
    // The rest of this turn's lines go out in the same write.
    await Promise.resolve();
    try {
      while (this.#lines.length > 0) await this.#write(this.#batch());
    } catch (error) {
      this.#broken = true;
      this.#lines = [];
      this.options.onBroken?.(error as Error);
    }
    this.#setBacklog(false);
    this.#pumping = undefined;
  }

  #batch(): string {
    let text = "";
    let taken = 0;
    while (taken < this.#lines.length && text.length < BATCH_CHARACTERS) {
      const line = this.#lines[taken++];
      text += this.#gapLine(line.stream) + line.text + "\n";
    }
    this.#lines.splice(0, taken);
    if (this.#lines.length === 0) { for (const stream of [...this.#gaps.keys()]) text += this.#gapLine(stream); }
    return text;
  }

  #gapLine(stream: string): string {
    const gap = this.#gaps.get(stream);
    if (!gap) return "";
    this.#gaps.delete(stream);
    return JSON.stringify({ v: 1, type: "gap", stream, ...gap }) + "\n";
  }

  async #write(text: string): Promise<void> {
    const bytes = this.#encoder.encode(text);
    for (let sent = 0; sent < bytes.length;) sent += await this.sink.write(bytes.subarray(sent));
    if (this.#lines.length < this.options.capacity / 4) this.#setBacklog(false);
  }

  #setBacklog(full: boolean): void {
    if (this.#backlog === full) return;
    this.#backlog = full;
    this.options.onBacklog?.(full);
  }
}

/** Where lines are written to. */
interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

const BATCH_LINES = 200;
const MOST_LINES = 2000;
const MOST_CHARACTERS = 4 * 2 ** 20;

/**
 * Writes the log to somebody who may be slow or gone. What waits is bounded, the oldest lines leave first, and the log
 * says how many: a reader that hangs must not make the program hang that writes.
 */
export class LogOutlet {
  #lines: string[] = [];
  #characters = 0;
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;

  constructor(private readonly sink: ByteSink) {}

  push(line: string): void {
    if (this.#broken) return;
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#lines.shift()!.length;
      this.#dropped++;
    }
    this.#writing ??= this.#write();
  }

  /** Resolves when all is written, or nobody reads any more. */
  async drain(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      // The rest of this turn's lines go out in the same write.
      await Promise.resolve();
      while (this.#lines.length > 0) {
        const batch = [...this.#gap(), ...this.#lines.splice(0, BATCH_LINES)];
        this.#characters = this.#lines.reduce((sum, line) => sum + line.length, 0);
        const bytes = new TextEncoder().encode(batch.join("\n") + "\n");
        for (let sent = 0; sent < bytes.length;) sent += await this.sink.write(bytes.subarray(sent));
      }
    } catch {
      // There is nobody left to tell.
      this.#broken = true;
      this.#lines = [];
    }
    this.#writing = undefined;
  }

  #gap(): string[] {
    if (this.#dropped === 0) return [];
    const msg = `${this.#dropped} lines of the log are missing here: its reader is too slow`;
    this.#dropped = 0;
    return [JSON.stringify({ time: new Date().toISOString(), level: "warn", msg, source: "parent" })];
  }
}

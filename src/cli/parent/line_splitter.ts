/** Longest line that is kept; what goes beyond it is lost. */
const LINE_CHARACTERS = 64 * 1024;

/** Cuts a stream of bytes into lines. A line without end takes no more memory than the longest allowed. */
export class LineSplitter {
  #decoder = new TextDecoder();
  #rest = "";
  /** The rest is the beginning of a line too long, and was handed over already. */
  #skipping = false;

  /** `cut` says that the line was longer than what is handed over. */
  constructor(private readonly line: (text: string, cut: boolean) => void) {}

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]+/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#emit(line);
    if (this.#rest.length > LINE_CHARACTERS) {
      this.#emit(this.#rest);
      this.#rest = "";
      this.#skipping = true;
    }
  }

  /** Hands over what came after the last line feed. */
  end(): void {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    this.#emit(rest);
  }

  #emit(line: string): void {
    const skipped = this.#skipping;
    this.#skipping = false;
    if (skipped || line === "") return;
    this.line(line.slice(0, LINE_CHARACTERS), line.length > LINE_CHARACTERS);
  }
}

const USUAL = { columns: 100, rows: 24 };

/** Text that a person watches, on standard error: lines that stay, and lines redrawn in place below them. */
export class Terminal {
  /** Whether somebody looks at it; otherwise nothing is redrawn. */
  readonly interactive: boolean;
  #out: Pick<typeof Deno.stderr, "writeSync" | "isTerminal">;
  #window: () => { columns: number; rows: number };
  #drawn = 0;
  #encoder = new TextEncoder();

  constructor(
    out: Pick<typeof Deno.stderr, "writeSync" | "isTerminal"> = Deno.stderr,
    window: () => { columns: number; rows: number } = Deno.consoleSize,
  ) {
    this.#out = out;
    this.#window = window;
    this.interactive = out.isTerminal();
  }

  /** Columns and rows of the window; what is common where there is none, or one that does not say how large it is. */
  get size(): { columns: number; rows: number } {
    try {
      const { columns, rows } = this.#window();
      return { columns: columns || USUAL.columns, rows: rows || USUAL.rows };
    } catch {
      return USUAL;
    }
  }

  /** The most that a drawn line holds: one that reaches the edge would break. */
  get columns(): number {
    return this.size.columns - 1;
  }

  /** Says something that stays. */
  say(text: string): void {
    this.clear();
    this.#write(`${text}\n`);
  }

  /** Draws the lines in place of those drawn before. */
  draw(lines: readonly string[]): void {
    if (!this.interactive) return;
    const { columns, size: { rows } } = this;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => [...line].slice(0, columns).join(""));
    this.#write(this.#erasure() + shown.join("\n"));
    this.#drawn = shown.length;
  }

  /** Takes the drawn lines away. */
  clear(): void {
    if (this.#drawn > 0) this.#write(this.#erasure());
    this.#drawn = 0;
  }

  #erasure(): string {
    if (this.#drawn === 0) return "";
    return `\r\x1b[2K${"\x1b[1A\x1b[2K".repeat(this.#drawn - 1)}`;
  }

  #write(text: string): void {
    const bytes = this.#encoder.encode(text);
    try {
      for (let sent = 0; sent < bytes.length;) sent += this.#out.writeSync(bytes.subarray(sent));
    } catch {
      // Nobody listens any more; what is said is for listeners only.
    }
  }
}

/** A value of Python's literal syntax; dictionary keys become strings, tuples arrays. */
export type PythonValue = string | number | boolean | null | PythonValue[] | { [key: string]: PythonValue };

const DEPTH = 8;
const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** Parses what Python's `repr` writes for plain data (exporters put it into metadata); undefined when it is not that. */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const parser = new Parser(text);
  try {
    return parser.whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  whole(): PythonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): PythonValue {
    if (depth > DEPTH) throw this.#unexpected();
    this.#space();
    const next = this.text[this.#at];
    if (next === "'" || next === '"') return this.#string(next);
    if (next === "[" || next === "(") return this.#list(next === "[" ? "]" : ")", depth);
    if (next === "{") return this.#dictionary(depth);
    return this.#word();
  }

  #string(quote: string): string {
    let value = "";
    for (this.#at++; this.#at < this.text.length; this.#at++) {
      const letter = this.text[this.#at];
      if (letter === quote) {
        this.#at++;
        return value;
      }
      if (letter !== "\\") {
        value += letter;
        continue;
      }
      const escaped = this.text[++this.#at] ?? "";
      const digits = { x: 2, u: 4, U: 8 }[escaped];
      if (digits === undefined) {
        value += ESCAPES[escaped] ?? escaped;
        continue;
      }
      const hex = this.text.slice(this.#at + 1, this.#at + 1 + digits);
      const code = /^[0-9a-f]+$/i.test(hex) && hex.length === digits ? parseInt(hex, 16) : NaN;
      if (!(code <= 0x10ffff)) throw this.#unexpected();
      value += String.fromCodePoint(code);
      this.#at += digits;
    }
    throw this.#unexpected();
  }

  #list(end: string, depth: number): PythonValue[] {
    const values: PythonValue[] = [];
    this.#items(end, () => values.push(this.#value(depth + 1)));
    return values;
  }

  #dictionary(depth: number): { [key: string]: PythonValue } {
    const entries: [string, PythonValue][] = [];
    this.#items("}", () => {
      const key = String(this.#value(depth + 1));
      this.#space();
      if (this.text[this.#at] !== ":") throw this.#unexpected();
      this.#at++;
      entries.push([key, this.#value(depth + 1)]);
    });
    return Object.fromEntries(entries);
  }

  #items(end: string, item: () => void): void {
    this.#at++;
    for (;;) {
      this.#space();
      if (this.text[this.#at] === end) {
        this.#at++;
        return;
      }
      item();
      this.#space();
      if (this.text[this.#at] === ",") this.#at++;
      else if (this.text[this.#at] !== end) throw this.#unexpected();
    }
  }

  #word(): PythonValue {
    const match = /[\w.+-]+/y;
    match.lastIndex = this.#at;
    const word = match.exec(this.text)?.[0];
    if (word === undefined) throw this.#unexpected();
    this.#at += word.length;
    if (word === "True" || word === "true") return true;
    if (word === "False" || word === "false") return false;
    if (word === "None" || word === "null") return null;
    const value = Number(word);
    if (Number.isNaN(value)) throw this.#unexpected();
    return value;
  }

  #space(): void {
    while (this.#at < this.text.length && " \t\r\n".includes(this.text[this.#at])) this.#at++;
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`Cannot parse at ${this.#at}`);
  }
}

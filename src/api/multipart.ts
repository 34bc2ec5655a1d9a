import { Buffer } from "node:buffer";
import { Problem } from "./problem.ts";

/** One part of a form, as it comes. */
export interface FormPart {
  name: string;
  /** How the sender calls the file that it is; a field has none. */
  filename?: string;
  /** Its bytes; they are to be read, all of them, before the next part is asked for. */
  body: AsyncIterable<Uint8Array>;
}

/** The most that the head of a part may have. */
export const HEADER_BYTES = 8 * 1024;
const PARTS_MAX = 32;
const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;

/** Reads a form part by part, so that nothing larger than a piece of it is ever in memory. */
export async function* multipart(
  body: ReadableStream<Uint8Array>,
  contentType: string,
): AsyncGenerator<FormPart, void, undefined> {
  const input = new Input(body, Buffer.from(`\r\n--${boundaryOf(contentType)}`, "latin1"));
  try {
    // What stands before the first part is for nobody.
    for await (const _ of input.upToBoundary()) { /* skipped */ }
    for (let parts = 0; await input.another(); parts++) {
      if (parts >= PARTS_MAX) throw brokenForm(`it has more than ${PARTS_MAX} parts`);
      const part = partHead(await input.head());
      const bytes = input.upToBoundary();
      yield { ...part, body: bytes };
      for await (const _ of bytes) { /* whoever has had enough of a part leaves the rest */ }
    }
  } finally {
    await input.cancel();
  }
}

/** What stands between the parts of a form, as its content type says. */
export function boundaryOf(contentType: string): string {
  const found = BOUNDARY.exec(contentType);
  if (!found) throw brokenForm("its content type names no boundary");
  return found[1] ?? found[2];
}

/** The whole of a field, which may not be larger than that. */
export async function fieldText({ name, body }: FormPart, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) {
      throw new Problem(
        "too_large",
        `The field ${shown(name)} has more than the ${maxBytes} bytes that are taken here`,
      );
    }
    pieces.push(piece.slice());
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new Problem("malformed", `The field ${shown(name)} is not UTF-8`, { cause });
  }
}

class Input {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  // The first boundary may stand at the very beginning, without the line break that all others have.
  #held: Buffer = Buffer.from("\r\n");

  constructor(body: ReadableStream<Uint8Array>, private readonly delimiter: Buffer) {
    this.#reader = body.getReader();
  }

  async *upToBoundary(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const at = this.#held.indexOf(this.delimiter);
      if (at >= 0) {
        const last = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + this.delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // The end of what is held may be the beginning of a boundary.
      const sure = this.#held.length - this.delimiter.length + 1;
      if (sure > 0) {
        const piece = this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
        yield piece;
      }
      await this.#more();
    }
  }

  /** Whether another part follows the boundary that was just read. */
  async another(): Promise<boolean> {
    await this.#hold(2);
    if (this.#held.subarray(0, 2).equals(Buffer.from("--"))) return false;
    let blank = 0;
    while (this.#held[blank] === 0x20 || this.#held[blank] === 0x09) {
      if (++blank > HEADER_BYTES) throw brokenForm("a boundary is followed by nothing but blanks");
      await this.#hold(blank + 2);
    }
    if (this.#held[blank] !== 0x0d || this.#held[blank + 1] !== 0x0a) throw brokenForm("a boundary has no end of line");
    this.#held = this.#held.subarray(blank + 2);
    return true;
  }

  async head(): Promise<string> {
    for (;;) {
      const bare = this.#held.length >= 2 && this.#held[0] === 0x0d && this.#held[1] === 0x0a;
      const end = bare ? 0 : this.#held.indexOf("\r\n\r\n");
      if (end >= 0 && end <= HEADER_BYTES) {
        const head = this.#held.toString("utf8", 0, end);
        this.#held = this.#held.subarray(end + (bare ? 2 : 4));
        return head;
      }
      if (this.#held.length > HEADER_BYTES) throw brokenForm("the head of a part is too long");
      await this.#more();
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #hold(count: number): Promise<void> {
    while (this.#held.length < count) await this.#more();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw brokenForm("it breaks off before its last boundary");
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
  }
}

/** What the head of a part says of it. */
export function partHead(head: string): { name: string; filename?: string } {
  const disposition = DISPOSITION.exec(head)?.[1] ?? "";
  const name = parameter(disposition, NAME);
  if (name === undefined) throw brokenForm("a part does not say what it is called");
  const filename = parameter(disposition, FILENAME);
  return { name, ...(filename !== undefined && { filename }) };
}

const DISPOSITION = /^content-disposition:\s*form-data\s*(;.*)$/im;
const NAME = /;\s*name=(?:"([^"]*)"|([^\s;]+))/i;
const FILENAME = /;\s*filename=(?:"([^"]*)"|([^\s;]+))/i;

/** Browsers write quotes and line ends in names as %22, %0D and %0A. */
function parameter(text: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(text);
  return (found?.[1] ?? found?.[2])?.replaceAll("%22", '"');
}

/** A form that cannot be read. */
export function brokenForm(why: string): Problem {
  return new Problem("malformed", `The form cannot be read: ${why}`);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

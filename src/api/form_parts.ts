import { boundaryOf, brokenForm, HEADER_BYTES, partHead } from "./multipart.ts";

/** One part of a form that is there as a whole. */
export interface WholePart {
  name: string;
  /** How the sender calls the file that it is; a field has none. */
  filename?: string;
  /** A view of the form: nothing is copied. */
  bytes: Uint8Array<ArrayBuffer>;
}

const PARTS_MAX = 128;
/** A line break. */
const LINE = 2;
const DECODER = new TextDecoder();
const [CR, LF, DASH, SPACE, TAB] = [0x0d, 0x0a, 0x2d, 0x20, 0x09];

/** Takes a form apart that is in memory already. */
export function formParts(form: Uint8Array<ArrayBuffer>, contentType: string): WholePart[] {
  const boundary = boundaryOf(contentType);
  const mark = new Mark(`\r\n--${boundary}`);
  const behind = (from: number): number => {
    const found = mark.find(form, from);
    if (found < 0) throw endless();
    return found + mark.length;
  };
  const parts: WholePart[] = [];
  // The first boundary may stand at the very beginning, without the line break that all others have.
  let at = mark.isAt(form, -LINE, LINE) ? mark.length - LINE : behind(0);
  while (form[at] !== DASH || form[at + 1] !== DASH) {
    if (parts.length === PARTS_MAX) throw brokenForm(`it has more than ${PARTS_MAX} parts`);
    while (form[at] === SPACE || form[at] === TAB) at++;
    if (at + 2 > form.length) throw endless();
    if (form[at] !== CR || form[at + 1] !== LF) throw brokenForm("a boundary has no end of line");
    const { text, end } = headAt(form, at + 2);
    const head = partHead(text);
    at = behind(end);
    parts.push({ ...head, bytes: form.subarray(end, at - mark.length) });
  }
  return parts;
}

/** The lines up to an empty one. A part without any begins with that. */
function headAt(form: Uint8Array, from: number): { text: string; end: number } {
  if (form[from] === CR && form[from + 1] === LF) return { text: "", end: from + 2 };
  const most = Math.min(form.length, from + HEADER_BYTES + END_OF_HEAD.length);
  const end = END_OF_HEAD.find(form.subarray(0, most), from);
  if (end >= 0) return { text: DECODER.decode(form.subarray(from, end)), end: end + END_OF_HEAD.length };
  throw most < form.length ? brokenForm("the head of a part is too long") : endless();
}

function endless() {
  return brokenForm("it breaks off before its last boundary");
}

/** A text that is looked for from its end (Horspool): of what does not hold it, most bytes are never looked at. */
class Mark {
  readonly length: number;
  #text: Uint8Array;
  /** By the byte under the text's last one: how far it may move on. */
  #moves: Uint8Array;

  constructor(text: string) {
    const { length } = text;
    this.length = length;
    this.#text = new Uint8Array(length);
    this.#moves = new Uint8Array(256).fill(length);
    for (let n = 0; n < length; n++) {
      const letter = text.charCodeAt(n);
      this.#text[n] = letter;
      if (n < length - 1) this.#moves[letter & 0xff] = length - 1 - n;
    }
  }

  /** Whether it is there; its first letters may be left out. */
  isAt(bytes: Uint8Array, at: number, from = 0): boolean {
    const text = this.#text;
    let n = text.length - 1;
    while (n >= from && bytes[at + n] === text[n]) n--;
    return n < from;
  }

  /** Where it begins; -1 where it is not. */
  find(bytes: Uint8Array, from: number): number {
    const moves = this.#moves;
    const last = this.length - 1;
    for (let at = from; at + last < bytes.length; at += moves[bytes[at + last]]) {
      if (this.isAt(bytes, at)) return at;
    }
    return -1;
  }
}

const END_OF_HEAD = new Mark("\r\n\r\n");

import { ModelError } from "./model_error.ts";

/** Bytes that can be read in pieces, from a file or from memory. */
export interface ByteSource {
  readonly size: number;
  /** Fills `into` from `offset` on and answers how many bytes it got. */
  read(offset: number, into: Uint8Array): number;
}

/** One field of a message; nested messages, strings and bytes are the span from `start` to `end`. */
export interface Field {
  number: number;
  wire: 0 | 1 | 2 | 5;
  /** The value of a varint. */
  value: number;
  start: number;
  end: number;
}

const WINDOW = 16 * 1024;
/** A file of nothing but tiny fields would keep whoever reads it busy for minutes; the largest models have far fewer. */
const FIELDS_MAX = 20_000_000;

/** Walks protobuf messages field by field without loading them: what is skipped is never read. */
export class ProtobufReader {
  #window = new Uint8Array(WINDOW);
  #windowAt = 0;
  #windowSize = 0;
  #position = 0;
  #fields = 0;
  #decoder = new TextDecoder();

  constructor(private readonly source: ByteSource) {}

  /** Calls `visit` with every field between `start` and `end`. The field object is reused: take what is needed. */
  fields(start: number, end: number, visit: (field: Field) => void): void {
    let at = start;
    const field: Field = { number: 0, wire: 0, value: 0, start: 0, end: 0 };
    while (at < end) {
      if (++this.#fields > FIELDS_MAX) throw damaged("more fields than any model has", at);
      this.#position = at;
      const tag = this.#varint(end);
      const wire = tag % 8;
      field.number = Math.floor(tag / 8);
      if (field.number < 1 || field.number > 0x1fffffff) throw damaged(`a field number of ${field.number}`, at);
      field.value = 0;
      if (wire === 0) {
        field.start = this.#position;
        field.value = this.#varint(end);
        field.end = this.#position;
      } else {
        if (wire !== 1 && wire !== 2 && wire !== 5) throw damaged(`wire type ${wire}`, at);
        const length = wire === 2 ? this.#varint(end) : wire === 1 ? 8 : 4;
        field.start = this.#position;
        field.end = field.start + length;
        if (!(length >= 0 && field.end <= end)) {
          // Only a span that outruns the file can be a file cut short; within a message it is plain damage.
          if (field.end > this.source.size) throw truncated(field.end, this.source.size);
          throw damaged(`a field of ${length} bytes where ${end - field.start} are left`, at);
        }
      }
      field.wire = wire as Field["wire"];
      at = field.end;
      visit(field);
    }
  }

  /** The text of a field, at most `limit` bytes long. */
  text(field: Pick<Field, "wire" | "start" | "end">, limit: number): string {
    if (field.wire !== 2) throw damaged("a number where text belongs", field.start);
    const length = field.end - field.start;
    if (length > limit) throw damaged(`a text of ${length} bytes where ${limit} are the most`, field.start);
    return this.#decoder.decode(this.bytes(field.start, length));
  }

  /** A copy of bytes. */
  bytes(start: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    const got = this.source.read(start, bytes);
    if (got < length) throw truncated(start + length, start + got);
    return bytes;
  }

  /** The integers of a repeated field, packed or not, handed one by one. */
  integers(field: Field, push: (value: number) => void): void {
    if (field.wire === 0) return push(field.value);
    if (field.wire !== 2) throw damaged("no integers where integers belong", field.start);
    const { end } = field;
    for (let at = field.start; at < end;) {
      this.#position = at;
      const value = this.#varint(end);
      at = this.#position;
      push(value);
    }
  }

  #varint(end: number): number {
    const start = this.#position;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#position >= end) {
        if (end >= this.source.size) throw truncated(this.#position + 1, this.source.size);
        throw damaged("a number without an end", start);
      }
      const byte = this.#byte(this.#position++);
      if (i === 9) {
        // Ten bytes are a negative 64-bit integer, which no length or dimension can be.
        return -1;
      }
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    return value;
  }

  #byte(at: number): number {
    if (at < this.#windowAt || at >= this.#windowAt + this.#windowSize) {
      this.#windowAt = at;
      this.#windowSize = this.source.read(at, this.#window);
      if (this.#windowSize === 0) throw truncated(at + 1, at);
    }
    return this.#window[at - this.#windowAt];
  }
}

/** A source of bytes that are in memory already. */
export function bytesOf(data: Uint8Array): ByteSource {
  return {
    size: data.length,
    read(offset, into) {
      const part = data.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** The error of a file that is inconsistent. */
export function damaged(what: string, at: number): ModelError {
  return new ModelError("damaged", `it holds ${what} at byte ${at}`);
}

function truncated(wanted: number, size: number): ModelError {
  return new ModelError("truncated", `it is cut short: it should go on to byte ${wanted} at least and ends at ${size}`);
}

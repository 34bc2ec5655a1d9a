import { joinedBytes } from "../../src/core/joined_bytes.ts";

/** Writes one protobuf message, field by field; a nested message is another writer's bytes. */
export class ProtobufWriter {
  #chunks: Uint8Array[] = [];

  /** A varint field; negative numbers take ten bytes, as int64 wants it. */
  int(field: number, value: number | bigint): this {
    return this.#push(varint(field << 3), varint(value));
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    return this.#push(varint((field << 3) | 5), new Uint8Array(new Float32Array([value]).buffer));
  }

  /** A string field. */
  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A bytes field. */
  bytes(field: number, value: Uint8Array): this {
    return this.#push(varint((field << 3) | 2), varint(value.length), value);
  }

  /** A nested message. */
  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  /** A repeated integer field, packed. */
  ints(field: number, values: readonly (number | bigint)[]): this {
    return this.bytes(field, joinedBytes(values.map(varint)));
  }

  /** A repeated 32-bit float field, packed. */
  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(new Float32Array(values).buffer));
  }

  /** The message as it stands. */
  finish(): Uint8Array<ArrayBuffer> {
    return joinedBytes(this.#chunks);
  }

  #push(...chunks: Uint8Array[]): this {
    this.#chunks.push(...chunks);
    return this;
  }
}

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return Uint8Array.from(bytes);
}

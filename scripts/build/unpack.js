// Runs in the runtime that the shell has unpacked before: takes the rest out of the executable.
// Arguments: the executable, where its archive begins, and the folder to unpack into.
import { createReadStream } from "node:fs";
import { mkdir, open, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { constants, createZstdDecompress } from "node:zlib";

const [executable, start, folder] = Deno.args;
const BLOCK = 512;

/** Reads a stream in pieces of the lengths that are asked for. */
class Reader {
  #chunks;
  #chunk = new Uint8Array();

  constructor(stream) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async *pieces(length) {
    while (length > 0) {
      if (this.#chunk.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) throw new Error("the archive ends too early");
        this.#chunk = value;
      }
      const piece = this.#chunk.subarray(0, length);
      this.#chunk = this.#chunk.subarray(piece.length);
      length -= piece.length;
      yield piece;
    }
  }

  async block() {
    const block = new Uint8Array(BLOCK);
    let filled = 0;
    for await (const piece of this.pieces(BLOCK)) {
      block.set(piece, filled);
      filled += piece.length;
    }
    return block;
  }

  /** The stream's own checksum is looked at only at its very end. */
  async rest() {
    while (!(await this.#chunks.next()).done);
  }
}

function entryOf(block) {
  const text = (offset, length) =>
    new TextDecoder().decode(block.subarray(offset, offset + length)).replace(/\0.*$/s, "");
  const octal = (offset, length) => Number.parseInt(text(offset, length), 8);
  const prefix = text(345, 155);
  const path = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { path, mode: octal(100, 8), length: octal(124, 12), mtimeS: octal(136, 12) };
}

async function unpack() {
  const packed = createReadStream(executable, { start: Number(start), highWaterMark: 1 << 20 });
  const plain = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 27 }, chunkSize: 1 << 20 });
  packed.on("error", (error) => plain.destroy(error));
  const reader = new Reader(packed.pipe(plain));
  for (;;) {
    const block = await reader.block();
    if (block[0] === 0) return await reader.rest();
    const { path, mode, length, mtimeS } = entryOf(block);
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const file = await open(target, "wx", mode);
    try {
      for await (const piece of reader.pieces(length)) await file.writeFile(piece);
    } finally {
      await file.close();
    }
    await utimes(target, mtimeS, mtimeS);
    for await (const _ of reader.pieces((BLOCK - (length % BLOCK)) % BLOCK));
  }
}

try {
  await unpack();
} catch (error) {
  // deno-lint-ignore no-console -- it is a program of its own
  console.error(`weir: ${error.message}`);
  Deno.exit(1);
}

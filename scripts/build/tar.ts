/** One file of an archive. */
export interface TarFile {
  path: string;
  bytes: Uint8Array;
  executable?: boolean;
}

const BLOCK = 512;

/**
 * An archive in the format `ustar`, in pieces: sorted by path, without owners, and with one time for all, so that the
 * same files give the same bytes.
 */
export function* tar(files: Iterable<TarFile>, { mtimeS }: { mtimeS: number }): Generator<Uint8Array> {
  const sorted = [...files].sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  for (const { path, bytes, executable = false } of sorted) {
    yield header(path, { sizeBytes: bytes.length, mode: executable ? 0o755 : 0o644, mtimeS });
    yield bytes;
    yield new Uint8Array((BLOCK - bytes.length % BLOCK) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

interface Entry {
  sizeBytes: number;
  mode: number;
  mtimeS: number;
}

function header(path: string, { sizeBytes, mode, mtimeS }: Entry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = (offset: number, value: string) => block.set(new TextEncoder().encode(value), offset);
  const octal = (offset: number, digits: number, value: number) =>
    text(offset, value.toString(8).padStart(digits, "0"));
  const { prefix, name } = split(path);
  text(0, name);
  octal(100, 7, mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, sizeBytes);
  octal(136, 11, mtimeS);
  text(148, " ".repeat(8));
  text(156, "0");
  text(257, "ustar\0" + "00");
  text(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A name has 100 bytes; the folders before it another 155. */
function split(path: string): { prefix: string; name: string } {
  const fits = (text: string, bytes: number) => new TextEncoder().encode(text).length <= bytes;
  if (fits(path, 100)) return { prefix: "", name: path };
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const parts = { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
    if (fits(parts.prefix, 155) && fits(parts.name, 100)) return parts;
  }
  throw new Error(`Cannot pack ${path}: its name is too long for the archive's format`);
}

/** The files of an archive, as npm's are: `ustar`, or with pax headers, whose longer names nobody there needs. */
export function* untar(archive: Uint8Array): Generator<TarFile> {
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const block = archive.subarray(at, at + BLOCK);
    const text = (offset: number, length: number) =>
      new TextDecoder().decode(block.subarray(offset, offset + length)).replace(/\0.*$/s, "");
    const octal = (offset: number, length: number) => Number.parseInt(text(offset, length).trim(), 8);
    const sizeBytes = octal(124, 12);
    if (!Number.isFinite(sizeBytes) || at + BLOCK + sizeBytes > archive.length) {
      throw new Error("Cannot read the archive: it is damaged");
    }
    const prefix = text(345, 155);
    const path = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
    const kind = text(156, 1);
    if (kind === "0" || kind === "") {
      const bytes = archive.slice(at + BLOCK, at + BLOCK + sizeBytes);
      yield { path, bytes, executable: (octal(100, 8) & 0o100) !== 0 };
    }
    at += BLOCK + Math.ceil(sizeBytes / BLOCK) * BLOCK;
  }
}

import type { ByteSource } from "./protobuf_reader.ts";

/** A file as bytes that are read in pieces; closed by disposing of it. */
export function fileBytes(file: string): ByteSource & Disposable {
  const handle = Deno.openSync(file, { read: true });
  return { ...bytesOf(handle), [Symbol.dispose]: () => handle.close() };
}

/** The bytes of an open file, which stays its holder's. */
export function bytesOf(handle: Deno.FsFile): ByteSource {
  return {
    size: handle.statSync().size,
    read(offset, into) {
      handle.seekSync(offset, Deno.SeekMode.Start);
      let got = 0;
      while (got < into.length) {
        const count = handle.readSync(into.subarray(got));
        if (count === null) break;
        got += count;
      }
      return got;
    },
  };
}

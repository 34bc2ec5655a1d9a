import { Buffer } from "node:buffer";

/** What a client wants to know of a result: its number, and when it was published, Unix milliseconds. */
export interface ResultMark {
  seq: number;
  publishedAtMs: number;
}

const MARK = /^"seq":\s*(\d+),\s*"pts":\s*[^,]+,\s*"capturedAt":\s*"([^"]+)",\s*"ageMs":\s*([\d.]+)[,}]/;
/** No mark is longer. */
const LONGEST = 160;

/**
 * Finds results in a stream of bytes by the beginning of their envelope, without reading the rest: thousands of clients
 * in one process must not cost more than the server that is measured.
 */
export class ResultMarks {
  #rest = Buffer.alloc(0);

  /** The results that begin in what has come. */
  read(chunk: Uint8Array): ResultMark[] {
    const bytes = this.#rest.length > 0
      ? Buffer.concat([this.#rest, chunk])
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const marks: ResultMark[] = [];
    let at = 0;
    for (;;) {
      const found = bytes.indexOf('"seq":', at, "latin1");
      if (found < 0) break;
      const match = MARK.exec(bytes.toString("latin1", found, found + LONGEST));
      // A mark that is cut in two is whole with the next chunk.
      if (!match && found + LONGEST > bytes.length) break;
      if (match) marks.push({ seq: Number(match[1]), publishedAtMs: Date.parse(match[2]) + Number(match[3]) });
      at = found + 6;
    }
    const cut = bytes.indexOf('"seq":', at, "latin1");
    const keepFrom = cut >= 0 ? cut : Math.max(at, bytes.length - 5);
    // A copy, because the caller reads the next chunk into the same bytes.
    this.#rest = Buffer.from(bytes.subarray(keepFrom));
    return marks;
  }
}

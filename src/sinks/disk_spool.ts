import { join } from "node:path";
import { joinedBytes } from "../core/joined_bytes.ts";
import type { Spool } from "./outbox.ts";

/** Where a {@link DiskSpool} keeps its lines, and how many. */
export interface DiskSpoolOptions {
  directory: string;
  /** Disk that it may take; past it the oldest lines go, a file of them at a time. */
  maxBytes: number;
}

interface Segment {
  number: number;
  /** Lines in the file, those that are done with included. */
  lines: number;
  sizeBytes: number;
}

const SEGMENT_NAME = /^(?<number>\d{12})\.ndjson$/;
const CURSOR = "cursor.json";

/** Files per spool: the oldest lines go by the file. */
const SEGMENTS = 16;

/**
 * Lines that wait on disk, in files of which the oldest is read and the newest written. How far they are done with is
 * written down after the fact: who is killed in between sends again what it had sent just before.
 */
export class DiskSpool implements Spool<string> {
  #segments: Segment[] = [];
  /** Lines of the oldest file that are done with. */
  #done = 0;
  /** The lines of the oldest file, once they were asked for. */
  #head: string[] | undefined;
  /** The newest file takes no more: it may end in half a line. */
  #sealed = true;
  #last = 0;
  #dropped = 0;

  private constructor(private readonly options: DiskSpoolOptions) {}

  /** Opens a directory, with what an earlier process left there. */
  static async open(options: DiskSpoolOptions): Promise<DiskSpool> {
    const spool = new DiskSpool(options);
    await Deno.mkdir(options.directory, { recursive: true, mode: 0o700 });
    await spool.#recall();
    return spool;
  }

  get waiting(): number {
    return this.#segments.reduce((sum, { lines }) => sum + lines, 0) - this.#done;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes on disk. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  async append(items: readonly string[]): Promise<void> {
    const most = this.options.maxBytes / SEGMENTS;
    for (let from = 0; from < items.length;) {
      let sizeBytes = 0;
      let to = from;
      const lines: Uint8Array[] = [];
      for (; to < items.length && (to === from || sizeBytes < most); to++) {
        const line = new TextEncoder().encode(`${items[to]}\n`);
        lines.push(line);
        sizeBytes += line.length;
      }
      await this.#write(items.slice(from, to), joinedBytes(lines));
      from = to;
    }
  }

  async peek(count: number): Promise<string[]> {
    while (this.#segments.length > 0) {
      const head = this.#head ??= await this.#read(this.#segments[0]);
      if (this.#done < head.length) return head.slice(this.#done, this.#done + count);
      // Somebody has shortened the file behind our back.
      this.#dropped += Math.max(0, this.#segments[0].lines - this.#done);
      await this.#removeHead();
    }
    return [];
  }

  async shift(count: number): Promise<void> {
    this.#done += count;
    if (this.#segments.length > 0 && this.#done >= this.#segments[0].lines) await this.#removeHead();
    else await this.#remember();
  }

  // Nothing is open between two calls.
  async [Symbol.asyncDispose](): Promise<void> {}

  async #write(items: readonly string[], bytes: Uint8Array): Promise<void> {
    const tail = this.#segments.at(-1);
    const fits = tail && !this.#sealed && tail.sizeBytes + bytes.length <= this.options.maxBytes / SEGMENTS;
    const segment = fits ? tail : { number: this.#last + 1, lines: 0, sizeBytes: 0 };
    const path = this.#path(segment.number);
    try {
      await Deno.writeFile(path, bytes, { append: true, mode: 0o600 });
    } catch (error) {
      // A full disk takes half a line.
      if (fits) await Deno.truncate(path, segment.sizeBytes).catch(() => this.#sealed = true);
      else await Deno.remove(path).catch(() => this.#last++);
      throw error;
    }
    segment.sizeBytes += bytes.length;
    segment.lines += items.length;
    if (!fits) {
      this.#segments.push(segment);
      this.#last = segment.number;
      this.#sealed = false;
    }
    if (this.#head && this.#segments[0] === segment) this.#head.push(...items);
    while (this.sizeBytes > this.options.maxBytes) {
      this.#dropped += this.#segments[0].lines - this.#done;
      await this.#removeHead();
    }
  }

  async #removeHead(): Promise<void> {
    const [{ number }] = this.#segments.splice(0, 1);
    this.#head = undefined;
    this.#done = 0;
    if (this.#segments.length === 0) {
      this.#sealed = true;
      // Numbers begin anew: the cursor must not speak of the next file of this one's number.
      await this.#forget(CURSOR);
    }
    await this.#forget(this.#name(number));
  }

  async #remember(): Promise<void> {
    const path = join(this.options.directory, CURSOR);
    const text = JSON.stringify({ segment: this.#segments[0]?.number ?? 0, done: this.#done });
    await Deno.writeTextFile(`${path}.new`, text, { mode: 0o600 });
    await Deno.rename(`${path}.new`, path);
  }

  async #recall(): Promise<void> {
    for await (const { name, isFile } of Deno.readDir(this.options.directory)) {
      const number = SEGMENT_NAME.exec(name)?.groups?.number;
      if (!isFile || number === undefined) continue;
      const segment = { number: Number(number), lines: 0, sizeBytes: 0 };
      segment.lines = (await this.#read(segment)).length;
      segment.sizeBytes = (await Deno.stat(this.#path(segment.number))).size;
      this.#segments.push(segment);
    }
    this.#segments.sort((a, b) => a.number - b.number);
    this.#last = this.#segments.at(-1)?.number ?? 0;
    const cursor = await Deno.readTextFile(join(this.options.directory, CURSOR)).then(JSON.parse).catch(() =>
      undefined
    );
    // The cursor of a file that is gone says nothing of the next.
    if (cursor?.segment === this.#segments[0]?.number && Number.isSafeInteger(cursor?.done) && cursor.done > 0) {
      this.#done = Math.min(cursor.done, this.#segments[0].lines);
    }
    while (this.#segments.length > 0 && this.#done >= this.#segments[0].lines) await this.#removeHead();
  }

  async #read({ number }: Segment): Promise<string[]> {
    const text = await Deno.readTextFile(this.#path(number));
    // What follows the last line feed was cut off by a crash.
    return text.split("\n").slice(0, -1);
  }

  async #forget(name: string): Promise<void> {
    await Deno.remove(join(this.options.directory, name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  #name(number: number): string {
    return `${String(number).padStart(12, "0")}.ndjson`;
  }

  #path(number: number): string {
    return join(this.options.directory, this.#name(number));
  }
}

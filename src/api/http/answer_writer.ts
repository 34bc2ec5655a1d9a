import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import { textOf } from "../text_answer.ts";
import type { Live } from "./exchange.ts";
import { Sink, type SinkOptions } from "./sink.ts";

type Part = Uint8Array;
type Read = ReadableStreamReadResult<Part>;

/** Statuses whose answers have no body, and say no length. */
const BODILESS = new Set([204, 304]);
/** A body that is there as a whole has told its end after so many turns of the microtask queue. */
const TURNS = 8;

/** Writes an answer out as its client takes it; cuts the connection when the body fails: half is not to pass for the whole. */
export async function writeAnswer(response: Response, out: ServerResponse, options: SinkOptions): Promise<void> {
  const { status, headers } = response;
  const head = headOf(response);
  const text = textOf(response);
  if (text !== undefined) {
    // As a text it goes out with its head, in one write.
    if (!headers.has("content-length")) head.push("content-length", `${Buffer.byteLength(text)}`);
    out.writeHead(status, head);
    return void out.end(text);
  }
  const { body } = response;
  const ended = (part?: Part) => {
    const bodiless = BODILESS.has(status) || out.req.method === "HEAD";
    if (!headers.has("content-length") && !bodiless) head.push("content-length", `${part?.length ?? 0}`);
    out.writeHead(status, head);
    out.end(part);
  };
  if (!body) return ended();
  const reader = (body as ReadableStream<Part>).getReader();
  const leave = () => void reader.cancel().catch(() => {});
  out.once("close", leave);
  // At once, though the client may have to be waited for.
  reader.closed.catch(() => out.destroy());
  try {
    const first = await reader.read();
    if (out.destroyed) return;
    if (first.done) return ended();
    let pending = reader.read();
    if ((await soon(pending))?.done) return ended(first.value);
    const sink = sinkFor(response, out, options);
    for (let next: Read = first; !next.done; next = await pending, pending = reader.read()) {
      sink.write(next.value);
      if (!sink.room && !await sink.drained()) return;
    }
    sink.end();
  } catch {
    out.destroy();
  } finally {
    out.off("close", leave);
    // Who left, or was left, takes nothing more of it.
    if (!out.writableEnded) leave();
  }
}

/** Writes an answer that has no end of its own. */
export async function writeLive({ head, run }: Live, out: ServerResponse, options: SinkOptions): Promise<void> {
  const sink = sinkFor(head, out, options);
  try {
    await run(sink);
    sink.end();
  } catch {
    sink.cut();
  }
}

function sinkFor(response: Response, out: ServerResponse, options: SinkOptions): Sink {
  const pieces = options.pieces && !response.headers.has("content-length");
  const head = headOf(response);
  if (pieces) head.push("transfer-encoding", "chunked");
  if (!out.destroyed) out.writeHead(response.status, head);
  return new Sink(out, { ...options, pieces });
}

function headOf({ headers }: Response): string[] {
  const head: string[] = [];
  for (const [name, value] of headers) head.push(name, value);
  return head;
}

/** What a read brings if it does so without waiting for anything outside. */
async function soon(reading: Promise<Read>): Promise<Read | undefined> {
  let read: Read | undefined;
  reading.then((result) => read = result, () => {});
  for (let turn = 0; turn < TURNS && !read; turn++) await undefined;
  return read;
}

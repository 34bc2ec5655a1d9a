import { nowMs } from "../../../src/core/clock.ts";
import { type Ages, ages } from "../statistics.ts";
import { answer } from "./client_process.ts";
import { ResultMarks } from "./result_marks.ts";

/** Clients of one event stream, all in this process. */
export interface SseClientsOptions {
  port: number;
  path: string;
  clients: number;
  seconds: number;
}

/** What the clients saw. */
export interface SseClientsResult {
  /** From publication to the bytes being read, by all clients together. */
  delivery: Ages;
  /** Results that all clients should have seen. */
  published: number;
  /** Of these, those that a client did not see, all clients together. */
  missing: number;
}

/** How many connections may be under way at a time; servers queue only so many. */
const CONNECTING = 50;
/** What was published so shortly before the end may still be on its way. */
const GRACE_MS = 3000;

/** One client's own account. */
interface Seen {
  seqs: number[];
  delays: number[];
}

async function run({ port, path, clients, seconds }: SseClientsOptions): Promise<SseClientsResult> {
  const request = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  const connections: Deno.Conn[] = [];
  const published = new Map<number, number>();
  let closing = false;
  const read = async (connection: Deno.Conn, seen: Seen, begun: () => void) => {
    const chunk = new Uint8Array(64 * 1024);
    const marks = new ResultMarks();
    try {
      for (;;) {
        const count = await connection.read(chunk);
        if (count === null) return begun();
        const atMs = nowMs();
        for (const { seq, publishedAtMs } of marks.read(chunk.subarray(0, count))) {
          published.set(seq, publishedAtMs);
          seen.seqs.push(seq);
          seen.delays.push(atMs - publishedAtMs);
          if (seen.seqs.length === 1) begun();
        }
      }
    } catch (error) {
      if (!closing) throw error;
    }
  };
  const all: Seen[] = [];
  const reading: Promise<void>[] = [];
  const connectOne = async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connections.push(connection);
    await connection.write(request);
    const seen: Seen = { seqs: [], delays: [] };
    all.push(seen);
    await new Promise<void>((begun) => reading.push(read(connection, seen, begun)));
  };
  // Each counts as connected once its first result has come.
  let left = clients;
  await Promise.all(Array.from({ length: CONNECTING }, async () => {
    while (left-- > 0) await connectOne();
  }));
  const fromMs = nowMs();
  answer({ ready: all.length });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + GRACE_MS));
  closing = true;
  for (const connection of connections) connection.close();
  await Promise.all(reading);
  const counted = new Set(
    [...published].filter(([, atMs]) => atMs >= fromMs && atMs < fromMs + seconds * 1000).map(([seq]) => seq),
  );
  const delays: number[] = [];
  let missing = 0;
  for (const seen of all) {
    let got = 0;
    seen.seqs.forEach((seq, index) => {
      if (!counted.has(seq)) return;
      got++;
      delays.push(seen.delays[index]);
    });
    missing += counted.size - got;
  }
  return { delivery: ages(delays), published: counted.size, missing };
}

if (import.meta.main) answer(await run(JSON.parse(Deno.args[0])));

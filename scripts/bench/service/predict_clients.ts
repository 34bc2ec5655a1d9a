import { type Ages, ages } from "../statistics.ts";
import { answer } from "./client_process.ts";
import { HttpConnection } from "./http_connection.ts";

/** Clients that send a picture again and again. */
export interface PredictClientsOptions {
  port: number;
  /** The picture's file. */
  picture: string;
  connections: number;
  seconds: number;
  /** Pictures that fall due in a second, answered or not; without it each connection sends its next one at once. */
  perSecond?: number;
}

/** What the clients saw. */
export interface PredictClientsResult {
  /** Pictures that the model was run on, a second. */
  perSecond: number;
  /** Those that were answered otherwise, a second: by status. */
  refusedPerSecond: number;
  statuses: Record<string, number>;
  /** From a picture's being due to its answer, of those that the model was run on. */
  latency: Ages;
}

const WARM_UP_MS = 3000;
const BOUNDARY = "weir-bench-boundary";

async function run({ port, picture, connections, seconds, perSecond }: PredictClientsOptions): Promise<
  PredictClientsResult
> {
  const request = form(await Deno.readFile(picture));
  const pool = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port)));
  const beganMs = performance.now();
  const [fromMs, toMs] = [beganMs + WARM_UP_MS, beganMs + WARM_UP_MS + seconds * 1000];
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let due = 0;
  // A picture that falls due while all connections are busy waits for one, and its waiting counts.
  const next = async (): Promise<number> => {
    if (perSecond === undefined) return performance.now();
    const dueMs = beganMs + (due++ * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    return dueMs;
  };
  await Promise.all(pool.map(async (connection) => {
    for (let dueMs = await next(); dueMs < toMs; dueMs = await next()) {
      const { status } = await connection.ask(request);
      const nowMs = performance.now();
      if (nowMs < fromMs || nowMs >= toMs) continue;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 200) latencies.push(nowMs - dueMs);
    }
  }));
  for (const connection of pool) connection[Symbol.dispose]();
  const all = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return {
    perSecond: latencies.length / seconds,
    refusedPerSecond: (all - latencies.length) / seconds,
    statuses,
    latency: ages(latencies),
  };
}

/** The picture as a browser's form sends it. */
function form(picture: Uint8Array): Uint8Array {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="picture.jpg"\r\n` +
    "content-type: image/jpeg\r\n\r\n";
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const length = head.length + picture.length + tail.length;
  const lines = `POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${length}\r\n` +
    `content-type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`;
  const encoder = new TextEncoder();
  const request = new Uint8Array(lines.length + length);
  request.set(encoder.encode(lines + head));
  request.set(picture, lines.length + head.length);
  request.set(encoder.encode(tail), request.length - tail.length);
  return request;
}

if (import.meta.main) {
  answer({ ready: true });
  answer(await run(JSON.parse(Deno.args[0])));
  Deno.exit(0);
}

import { nowMs } from "../../../src/core/clock.ts";
import { type Ages, ages } from "../statistics.ts";

/** Clients of one event stream, all in this process. */
export interface SseClientsOptions {
  port: number;
  path: string;
  clients: number;
  /** Each client waits for results numbered 1 to this. */
  events: number;
  /** What has not come by then is missing. */
  withinMs: number;
}

/** What the clients saw. */
export interface SseClientsResult {
  /** From publication to the bytes being read, by all clients together. */
  delivery: Ages;
  /** Results that a client should have seen and did not, or saw out of turn. */
  missing: number;
}

const MARK = /"seq":(\d+),"pts":([\d.]+)/g;

/** Connects, says `ready` on standard output, reads, and says what came. */
async function run({ port, path, clients, events, withinMs }: SseClientsOptions): Promise<SseClientsResult> {
  const delivered: number[] = [];
  let missing = 0;
  let ready = 0;
  const allReady = Promise.withResolvers<void>();
  const connections = new Set<Deno.Conn>();
  const read = async (connection: Deno.Conn) => {
    const chunk = new Uint8Array(64 * 1024);
    const decoder = new TextDecoder("latin1");
    let text = "";
    let seq = 0;
    let begun = false;
    try {
      while (seq < events) {
        const count = await connection.read(chunk);
        if (count === null) break;
        const atMs = nowMs();
        text += decoder.decode(chunk.subarray(0, count));
        if (!begun && text.includes("retry:")) {
          begun = true;
          if (++ready === clients) allReady.resolve();
        }
        let end = 0;
        for (const match of text.matchAll(MARK)) {
          end = match.index + match[0].length;
          const next = Number(match[1]);
          missing += next - seq - 1;
          seq = next;
          delivered.push(atMs - Number(match[2]));
        }
        // A mark may be cut in two; it is far shorter than this.
        text = text.slice(Math.max(end, text.length - 80));
      }
    } catch (error) {
      // Cut off because the time was up.
      if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) throw error;
    }
    missing += events - seq;
  };
  const reading: Promise<void>[] = [];
  const request = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  for (let client = 0; client < clients; client++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connections.add(connection);
    await connection.write(request);
    reading.push(read(connection));
  }
  const cut = () => {
    for (const connection of connections) connection.close();
    connections.clear();
  };
  await allReady.promise;
  say({ ready });
  const timer = setTimeout(cut, withinMs);
  await Promise.all(reading);
  clearTimeout(timer);
  cut();
  return { delivery: ages(delivered), missing };
}

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

if (import.meta.main) say(await run(JSON.parse(Deno.args[0])));

import { joinedBytes } from "../core/joined_bytes.ts";
import type { Delivery, Subscription } from "../hub/subscription.ts";
import { farewell } from "./ending.ts";
import { Live } from "./http/exchange.ts";
import type { Sink } from "./http/sink.ts";

/** A subscription as server-sent events. */
export interface SseOptions {
  subscription: Subscription;
  /** Aborts when the server stops or the token expires: the client gets what waits, and is told. */
  signal: AbortSignal;
  /** A quiet line hears something so often: it keeps proxies from closing it. Default 15 s. */
  heartbeatMs?: number;
  /** What a client waits before it connects anew, milliseconds. */
  retryMs?: number;
}

/** Last moments of an answer that is to end: what its client does not take by then is lost. */
const GOODBYE_MS = 5000;

const encoder = new TextEncoder();

/** Headers that keep everything between server and client from holding events back. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/**
 * Writes a subscription out as long as the client reads. Nothing is taken from the subscription before the client has
 * room, so a client that is slow fills its own bounded queue and nothing else.
 */
export function sse(options: SseOptions): Live {
  return new Live(new Response(null, { headers: SSE_HEADERS }), (sink) => write(sink, options));
}

async function write(sink: Sink, options: SseOptions): Promise<void> {
  const { subscription, signal, heartbeatMs = 15_000, retryMs = 1000 } = options;
  let quiet = true;
  let goodbye: ReturnType<typeof setTimeout> | undefined;
  const heart = setInterval(() => {
    if (quiet && sink.room) sink.write(heartbeat(subscription.position));
    quiet = true;
  }, heartbeatMs);
  const close = () => {
    subscription.close();
    // A client that does not read never takes the last word.
    goodbye ??= setTimeout(() => sink.cut(), GOODBYE_MS);
  };
  const callOff = sink.closed(() => subscription[Symbol.dispose]());
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  try {
    sink.write(encoder.encode(`retry: ${retryMs}\n\n`));
    while (sink.open) {
      if (!sink.room && !await sink.drained()) return;
      const deliveries = subscription.take();
      if (deliveries.length > 0) {
        quiet = false;
        const frames = deliveries.map(frameOf);
        // One that goes to many goes out as it is.
        sink.write(frames.length === 1 ? frames[0] : joinedBytes(frames));
      } else if (subscription.ended) return sink.write(closing(farewell(signal)));
      else await subscription.wait();
    }
  } finally {
    clearInterval(heart);
    clearTimeout(goodbye);
    callOff();
    signal.removeEventListener("abort", close);
    subscription[Symbol.dispose]();
  }
}

function closing({ reason }: { reason: string }): Uint8Array {
  return encoder.encode(`event: closing\ndata: ${JSON.stringify({ v: 1, type: "closing", reason })}\n\n`);
}

/**
 * Says nothing, but moves the client's place on: one whose filter lets little through would else come back with a
 * position that the log has long forgotten, and be told of a gap in which nothing was meant for it.
 */
function heartbeat(position: number): Uint8Array {
  return encoder.encode(`: still here\nid: ${position}\n\n`);
}

/** One delivery in the form of the event stream; made once for all who get the same. */
function frameOf(delivery: Delivery): Uint8Array {
  if ("gap" in delivery) {
    const { gap } = delivery;
    return encoder.encode(`id: ${gap.last}\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n`);
  }
  return delivery.bytes(({ entry, event, json }) =>
    encoder.encode(`id: ${entry.position}\nevent: ${event.type}\ndata: ${json}\n\n`)
  );
}

import type { Delivery, Subscription } from "../hub/subscription.ts";

/** A subscription as a stream of server-sent events. */
export interface SseOptions {
  subscription: Subscription;
  /** Aborts when the server stops. */
  signal: AbortSignal;
  /** A quiet line hears something so often: it keeps proxies from closing it. Default 15 s. */
  heartbeatMs?: number;
  /** What a client waits before it connects anew, milliseconds. */
  retryMs?: number;
  onEnd?(): void;
}

const encoder = new TextEncoder();
const CLOSING = encoder.encode(`event: closing\ndata: {"v":1,"type":"closing","reason":"The server stops"}\n\n`);

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
export function sseBody(options: SseOptions): ReadableStream<Uint8Array> {
  const { subscription, signal, heartbeatMs = 15_000, retryMs = 1000 } = options;
  let timer: ReturnType<typeof setInterval> | undefined;
  let quiet = true;
  let ended = false;
  // A client that does not read may never take the last word: what can be let go is let go now.
  const close = () => {
    clearInterval(timer);
    subscription.close();
  };
  const end = () => {
    if (ended) return;
    ended = true;
    signal.removeEventListener("abort", close);
    close();
    subscription[Symbol.dispose]();
    options.onEnd?.();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`));
      timer = setInterval(() => {
        if (quiet && (controller.desiredSize ?? 0) > 0) controller.enqueue(heartbeat(subscription.position));
        quiet = true;
      }, heartbeatMs);
      signal.addEventListener("abort", close, { once: true });
      if (signal.aborted) close();
    },
    async pull(controller) {
      for (;;) {
        const deliveries = subscription.take();
        if (deliveries.length > 0) {
          quiet = false;
          controller.enqueue(joined(deliveries.map(frameOf)));
          return;
        }
        if (subscription.ended) {
          controller.enqueue(CLOSING);
          controller.close();
          return end();
        }
        await subscription.wait();
        if (ended) return;
      }
    },
    cancel: end,
  }, { highWaterMark: 1 });
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

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

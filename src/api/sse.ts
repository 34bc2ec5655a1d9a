import type { Delivery, Subscription } from "../hub/subscription.ts";
import { farewell } from "./ending.ts";

/** A subscription as a stream of server-sent events. */
export interface SseOptions {
  subscription: Subscription;
  /** Aborts when the server stops or the token expires: the client gets what waits, and is told. */
  signal: AbortSignal;
  /** A quiet line hears something so often: it keeps proxies from closing it. Default 15 s. */
  heartbeatMs?: number;
  /** What a client waits before it connects anew, milliseconds. */
  retryMs?: number;
  /**
   * A client that has had something to read for so long and reads nothing of it is given up: nothing is kept for it any
   * more. Default 10 minutes.
   */
  stuckMs?: number;
  onEnd?(): void;
}

/**
 * A connection whose peer is there and does not read lives for ever: its probes are answered. Its queue would be kept
 * for nothing: whoever comes back with the last position finds more in the log than there is in that queue. The
 * connection itself cannot be cut from here, so its place stays taken.
 */
const STUCK_MS = 600_000;
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
export function sseBody(options: SseOptions): ReadableStream<Uint8Array> {
  const { subscription, signal, heartbeatMs = 15_000, retryMs = 1000, stuckMs = STUCK_MS } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let quiet = true;
  let ended = false;
  let roomAtMs = performance.now();
  let giveUp = () => {};
  const close = () => {
    clearInterval(timer);
    subscription.close();
    // A client that does not read never takes the last word.
    timer = setTimeout(giveUp, GOODBYE_MS);
  };
  const end = () => {
    if (ended) return;
    ended = true;
    signal.removeEventListener("abort", close);
    clearInterval(timer);
    subscription[Symbol.dispose]();
    options.onEnd?.();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      giveUp = () => {
        controller.close();
        end();
      };
      controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`));
      timer = setInterval(() => {
        const room = (controller.desiredSize ?? 0) > 0;
        if (room) roomAtMs = performance.now();
        else if (performance.now() - roomAtMs > stuckMs) return giveUp();
        if (quiet && room) controller.enqueue(heartbeat(subscription.position));
        quiet = true;
      }, heartbeatMs);
      signal.addEventListener("abort", close, { once: true });
      if (signal.aborted) close();
    },
    async pull(controller) {
      roomAtMs = performance.now();
      for (;;) {
        const deliveries = subscription.take();
        if (deliveries.length > 0) {
          quiet = false;
          controller.enqueue(joined(deliveries.map(frameOf)));
          return;
        }
        if (subscription.ended) {
          controller.enqueue(closing(farewell(signal)));
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

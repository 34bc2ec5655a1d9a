import { signal } from "@preact/signals";
import type { GapEvent, LogEvent } from "../../core/events.ts";
import { ticketed } from "./client.ts";
import { type LiveFilter, type LivePicture, type PictureForm, readPicture, type ServerText } from "./live_messages.ts";
import { ProblemError } from "./problem_error.ts";
import { session } from "./session.ts";

export type { LiveFilter, LivePicture, PictureForm } from "./live_messages.ts";

/** How the page is connected to the server. */
export interface LiveStatus {
  /** `idle`: nobody wants anything. `lost`: it was connected, or tried to be; the next try is under way or coming. */
  state: "idle" | "connecting" | "open" | "lost";
  /** When it tries again, Unix milliseconds. */
  retryAtMs?: number;
}

/** How events are taken in. */
export interface EventOptions {
  /** Default true: what was missed while the connection was lost comes late, or a gap. Else only what is now. */
  resume?: boolean;
  /** Begins after this position: 0 brings all that the server still has. Default only what comes from now on. */
  from?: number;
  /** The server refuses the subscription. */
  failed?(problem: ProblemError): void;
}

/** How pictures are taken in. */
export interface PictureOptions {
  /** There are none for now: the stream is removed or not back yet, or the server refuses. They are asked for again. */
  missing?(problem: ProblemError): void;
}

/** What {@link Live} stands on; tests put their own in. */
export interface LiveOptions {
  open(): Promise<WebSocket>;
  /** While false nothing is tried: the server would only refuse, and in the end refuse to listen at all. */
  mayTry?(): boolean;
  random?(): number;
}

interface Wanted {
  id: string;
  ask(): Record<string, unknown>;
  event?(event: LogEvent | GapEvent, position: number): void;
  picture?(picture: LivePicture): void;
  ended(problem: ProblemError): void;
  /** Where to go on: all up to here has come. */
  position?: number;
  /** Asked for on the socket that is open now. */
  asked: boolean;
}

const RETRY_FIRST_MS = 300;
const RETRY_MOST_MS = 5000;
/** What was refused is asked for again after so long. */
const AGAIN_MS = 1000;
const HEALTHY_MS = 5000;
/** A connection over which nothing comes for so long is asked whether it lives, and for twice as long given up. */
const SILENCE_MS = 5000;

/** The page's one connection for all that is live: it comes back by itself and goes on where it was. */
export class Live implements Disposable {
  /** How the page is connected. */
  readonly status = signal<LiveStatus>({ state: "idle" });
  #wanted = new Map<string, Wanted>();
  #socket: WebSocket | undefined;
  #opening = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #health: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openedAtMs = 0;
  #heardAtMs = 0;
  #hidden = false;
  #next = 1;

  constructor(private readonly options: LiveOptions) {}

  /** Hands over events as they come, and word of what was missed, until the returned function is called. */
  events(
    filter: LiveFilter,
    next: (event: LogEvent | GapEvent, position: number) => void,
    { resume = true, from, failed }: EventOptions = {},
  ): () => void {
    const wanted: Wanted = {
      id: `e${this.#next++}`,
      ask: () => ({
        op: "subscribe",
        ...filter,
        ...(resume && wanted.position !== undefined &&
          { after: wanted.position }),
      }),
      event: next,
      ...(from !== undefined && { position: from }),
      ended: (problem) => failed?.(problem),
      asked: false,
    };
    return this.#want(wanted);
  }

  /** Hands over pictures as they come until the returned function is called; none while the page is hidden. */
  pictures(
    stream: string,
    form: PictureForm,
    next: (picture: LivePicture) => void,
    { missing }: PictureOptions = {},
  ): () => void {
    return this.#want({
      id: `p${this.#next++}`,
      ask: () => ({ op: "pictures", stream, ...form }),
      picture: next,
      ended: (problem) => missing?.(problem),
      asked: false,
    });
  }

  /** Pictures that nobody sees are not sent: told by the page when it is hidden and shown. */
  hide(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    for (const wanted of this.#wanted.values()) {
      if (!wanted.picture) continue;
      if (hidden) this.#unask(wanted);
      else this.#ask(wanted);
    }
    if (!hidden) this.retry();
  }

  /** Tries again now, not when it is time: the network is back, or a token was given. */
  retry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#wanted.size > 0) this.#connect();
  }

  [Symbol.dispose](): void {
    this.#wanted.clear();
    clearTimeout(this.#retry);
    clearTimeout(this.#later);
    clearInterval(this.#health);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.status.value = { state: "idle" };
  }

  #want(wanted: Wanted): () => void {
    this.#wanted.set(wanted.id, wanted);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#ask(wanted);
    else if (this.#retry === undefined) this.#connect();
    return () => {
      if (!this.#wanted.delete(wanted.id)) return;
      this.#unask(wanted);
    };
  }

  #ask(wanted: Wanted): void {
    if (wanted.asked || (wanted.picture && this.#hidden)) return;
    wanted.asked = this.#send({ ...wanted.ask(), id: wanted.id });
  }

  #unask(wanted: Wanted): void {
    if (!wanted.asked) return;
    wanted.asked = false;
    this.#send({ op: "unsubscribe", id: wanted.id });
  }

  #send(message: Record<string, unknown>): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async #connect(): Promise<void> {
    if (this.#opening || this.#socket) return;
    if (this.options.mayTry?.() === false) {
      return void (this.status.value = { state: "lost" });
    }
    this.#opening = true;
    if (this.#failures === 0) this.status.value = { state: "connecting" };
    try {
      const socket = await this.options.open();
      if (this.#wanted.size === 0) {
        this.status.value = { state: "idle" };
        return socket.close();
      }
      this.#socket = socket;
      // A server that hangs, or a network that swallows all, leaves a connection half made for minutes.
      this.#watch();
      socket.binaryType = "arraybuffer";
      socket.onopen = () => this.#opened();
      socket.onmessage = ({ data }) => this.#hear(data);
      socket.onclose = () => this.#lost(socket);
      if (socket.readyState === WebSocket.OPEN) this.#opened();
    } catch {
      this.#failed();
    } finally {
      this.#opening = false;
    }
  }

  #opened(): void {
    this.#openedAtMs = performance.now();
    this.#watch();
    this.status.value = { state: "open" };
    for (const wanted of this.#wanted.values()) this.#ask(wanted);
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearInterval(this.#health);
    for (const wanted of this.#wanted.values()) wanted.asked = false;
    if (
      this.#openedAtMs > 0 && performance.now() - this.#openedAtMs > HEALTHY_MS
    ) this.#failures = 0;
    this.#openedAtMs = 0;
    this.#failed();
  }

  #failed(): void {
    if (this.options.mayTry?.() === false) {
      return void (this.status.value = { state: "lost" });
    }
    const most = Math.min(
      RETRY_MOST_MS,
      RETRY_FIRST_MS * 2 ** this.#failures++,
    );
    // Full jitter: a hundred pages must not come back in one moment.
    const waitMs = RETRY_FIRST_MS / 3 +
      (this.options.random ?? Math.random)() * most;
    this.status.value = { state: "lost", retryAtMs: Date.now() + waitMs };
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, waitMs);
  }

  #watch(): void {
    this.#heardAtMs = performance.now();
    clearInterval(this.#health);
    this.#health = setInterval(() => this.#checkHealth(), SILENCE_MS / 2);
  }

  #checkHealth(): void {
    const silentMs = performance.now() - this.#heardAtMs;
    if (silentMs > SILENCE_MS * 2) {
      const socket = this.#socket!;
      socket.close();
      // A network that is gone does not confirm the end, either.
      this.#lost(socket);
    } else if (silentMs > SILENCE_MS / 2) this.#send({ op: "ping" });
  }

  #hear(data: unknown): void {
    this.#heardAtMs = performance.now();
    if (data instanceof ArrayBuffer) {
      const { sub, picture } = readPicture(data);
      return this.#wanted.get(sub)?.picture?.(picture);
    }
    const message = JSON.parse(String(data)) as ServerText;
    if (message.op === undefined) {
      const wanted = this.#wanted.get(message.sub);
      if (!wanted) return;
      wanted.position = message.position;
      return wanted.event?.(message.event, message.position);
    }
    switch (message.op) {
      case "subscribed": {
        const wanted = this.#wanted.get(message.id);
        if (wanted) wanted.position ??= message.last;
        return;
      }
      case "pong":
        // Whoever hears nothing for long need not go over all that was not for him.
        for (const wanted of this.#wanted.values()) {
          if (wanted.asked && wanted.position !== undefined) {
            wanted.position = Math.max(wanted.position, message.last);
          }
        }
        return;
      case "ended":
        return this.#end(
          message.id,
          new ProblemError({
            status: 404,
            code: "ended",
            message: message.reason,
          }),
        );
      case "error": {
        const { code, message: text, errors, id } = message;
        if (id !== undefined) {
          this.#end(
            id,
            new ProblemError({
              status: 400,
              code,
              message: text,
              faults: errors,
            }),
          );
        }
        return;
      }
    }
  }

  #end(id: string, problem: ProblemError): void {
    const wanted = this.#wanted.get(id);
    if (!wanted) return;
    wanted.asked = false;
    wanted.ended(problem);
    if (!wanted.picture || problem.code === "invalid") this.#wanted.delete(id);
    // A server that has just started knows its streams a moment later; one that was deleted may be made anew.
    else this.#later ??= setTimeout(() => this.#askAgain(), AGAIN_MS);
  }

  #askAgain(): void {
    this.#later = undefined;
    for (const wanted of this.#wanted.values()) this.#ask(wanted);
  }
}

/** The page's connection. */
export const live = new Live({
  open: openSocket,
  mayTry: () => session.peek().refused === undefined,
});

async function openSocket(): Promise<WebSocket> {
  const url = new URL(await ticketed("/api/v1/ws"), location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new WebSocket(url);
}

/** Watches for what lets the connection come back at once, or lets it rest; the returned function stops that. */
export function followPage(target: Live = live): () => void {
  const visibility = () => target.hide(document.visibilityState === "hidden");
  const online = () => target.retry();
  document.addEventListener("visibilitychange", visibility);
  globalThis.addEventListener("online", online);
  visibility();
  return () => {
    document.removeEventListener("visibilitychange", visibility);
    globalThis.removeEventListener("online", online);
  };
}

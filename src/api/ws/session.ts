import type { PictureService, StreamService } from "../../core/services.ts";
import type { EventFilter } from "../../hub/filter.ts";
import type { Hub } from "../../hub/hub.ts";
import { farewell } from "../ending.ts";
import type { ServerSocket } from "../http/server_socket.ts";
import { filterOf } from "../event_filter.ts";
import { problemOf } from "../problem.ts";
import { EventChannel } from "./event_channel.ts";
import {
  type ClientMessage,
  parseMessage,
  Refusal,
  type RefusalCode,
  type ServerMessage,
  SUBSCRIPTIONS,
} from "./messages.ts";
import { PictureChannel } from "./picture_channel.ts";
import { Wire } from "./wire.ts";

/** What a socket's client can reach. */
export interface SessionOptions {
  hub: Hub;
  streams: StreamService;
  pictures: PictureService;
  /** Aborts when the server stops or the token expires: what waits is sent, the client is told, the socket closed. */
  signal: AbortSignal;
  /** Subscribed as soon as the socket is open. */
  first?: { id: string; filter: EventFilter; after?: number };
  onFault?(error: unknown): void;
}

/** Last moments of a socket that is to be closed: what its client does not take by then is lost. */
const GOODBYE_MS = 1000;

/** One client's socket with all its subscriptions. Nothing that the client sends closes it, and nothing grows. */
export class Session {
  #wire: Wire;
  #channels = new Map<string, EventChannel | PictureChannel>();
  #running = new Set<Promise<void>>();
  #ended = false;

  constructor(socket: ServerSocket, private readonly options: SessionOptions) {
    this.#wire = new Wire(socket);
    const { first, signal } = options;
    const stop = () => void this.#stop();
    socket.listen({
      text: (text) => this.#receive(text),
      bytes: (bytes) => this.#receive(bytes),
      closed: () => {
        signal.removeEventListener("abort", stop);
        this.#end();
      },
    });
    signal.addEventListener("abort", stop, { once: true });
    if (first) this.#listen({ ...first, flow: false });
    if (signal.aborted) stop();
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    try {
      this.#obey(parseMessage(data));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #obey(message: ClientMessage): void {
    switch (message.op) {
      case "subscribe":
        return this.#listen({ ...message, filter: filterOf(message), flow: message.flow ?? false });
      case "pictures":
        this.#admit(message.id);
        return void this.#watch(message);
      case "unsubscribe":
        this.#channel(message.id);
        this.#release(message.id);
        return this.#answer({ op: "unsubscribed", id: message.id });
      case "flow": {
        const channel = this.#channel(message.id);
        if (channel instanceof EventChannel) return channel.credit(message.credits);
        throw new Refusal("conflict", `Subscription ${message.id} is to pictures: these take no credits`, message);
      }
      case "ping":
        return this.#answer({
          op: "pong",
          ...(message.id !== undefined && { id: message.id }),
          last: this.#position(),
        });
    }
  }

  /** Up to here every subscription has been sent all that it asked for. */
  #position(): number {
    const channels = [...this.#channels.values()].filter((channel) => channel instanceof EventChannel);
    return Math.min(this.options.hub.last, ...channels.map(({ position }) => position));
  }

  #listen({ id, filter, after, flow }: { id: string; filter: EventFilter; after?: number; flow: boolean }): void {
    this.#admit(id);
    const { hub } = this.options;
    const channel = new EventChannel({ id, flow, wire: this.#wire, subscription: hub.subscribe({ filter, after }) });
    this.#channels.set(id, channel);
    this.#answer({ op: "subscribed", id, last: hub.last });
    const running = channel.run().finally(() => {
      this.#running.delete(running);
      this.#endIfClosed();
    });
    this.#running.add(running);
  }

  async #watch({ id, stream, width, overlay, fps, quality }: ClientMessage & { op: "pictures" }): Promise<void> {
    const { hub, streams, pictures } = this.options;
    const request = { overlay, fps, quality, ...(width !== undefined && { width }) };
    const ended = () => {
      this.#release(id);
      this.#answer({ op: "ended", id, reason: `Stream ${stream} is removed` });
    };
    const closed = () => this.#endIfClosed();
    const channel = new PictureChannel({ id, stream, request, pictures, ended, closed, wire: this.#wire });
    // The name is taken while the stream is looked up: the client may give it back before.
    this.#channels.set(id, channel);
    try {
      await streams.get(stream);
      if (this.#channels.get(id) !== channel) return;
      this.#answer({ op: "subscribed", id, last: hub.last });
      channel.start();
    } catch (error) {
      if (this.#channels.get(id) !== channel) return;
      this.#release(id);
      this.#refuse(error, id);
    }
  }

  #admit(id: string): void {
    if (this.#channels.has(id)) throw new Refusal("conflict", `There is a subscription ${id} already`, { id });
    if (this.#channels.size < SUBSCRIPTIONS) return;
    throw new Refusal("too_many", `One socket carries ${SUBSCRIPTIONS} subscriptions`, { id });
  }

  #channel(id: string): EventChannel | PictureChannel {
    const channel = this.#channels.get(id);
    if (channel) return channel;
    throw new Refusal("not_found", `There is no subscription ${id}`, { id });
  }

  #release(id: string): void {
    this.#channels.get(id)?.[Symbol.dispose]();
    this.#channels.delete(id);
  }

  #refuse(error: unknown, id?: string): void {
    if (error instanceof Refusal) {
      const { code, message, options } = error;
      const { faults, id: about = id } = options;
      return this.#answer({
        op: "error",
        code,
        message,
        ...(about !== undefined && { id: about }),
        ...(faults && { errors: faults }),
      });
    }
    const { code, message } = problemOf(error);
    if (code === "internal") this.options.onFault?.(error);
    this.#answer({ op: "error", code: code as RefusalCode, message, ...(id !== undefined && { id }) });
  }

  #answer(message: ServerMessage): void {
    // Who does not read may never confirm the end of the connection, either.
    if (!this.#wire.answer(JSON.stringify(message))) this.#end();
  }

  async #stop(): Promise<void> {
    for (const channel of this.#channels.values()) {
      if (channel instanceof EventChannel) channel.close();
      else channel[Symbol.dispose]();
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, GOODBYE_MS));
    await Promise.race([Promise.all(this.#running), late]);
    clearTimeout(timer);
    const { code, reason } = farewell(this.options.signal);
    this.#answer({ op: "closing", reason });
    this.#wire.close(code, reason);
    this.#end();
  }

  /** A socket may be given up long before its `close` event comes: that waits for a client who may not read any more. */
  #endIfClosed(): void {
    if (!this.#wire.open) this.#end();
  }

  #end(): void {
    this.#ended = true;
    for (const channel of this.#channels.values()) channel[Symbol.dispose]();
    this.#channels.clear();
    this.#wire.release();
  }
}

import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Problem, problemOf } from "../problem.ts";
import { writeAnswer, writeLive } from "./answer_writer.ts";
import { CONNECTION_ENDS, type ConnectionEnd, type ConnectionFigures } from "../../core/connections.ts";
import { connectionsBySystem } from "./descriptors.ts";
import { type Answered, type Api, type Connection, Live, Upgrade } from "./exchange.ts";
import { farewellText } from "./farewell_text.ts";
import { HEADERS_MAX, requestOf } from "./incoming.ts";
import { Knocking } from "./knocking.ts";
import { passOver, sayLast } from "./leftovers.ts";
import { Places } from "./places.ts";
import { parserProblem } from "./parser_problem.ts";
import { peerOf } from "./peer.ts";
import { WebSockets } from "./web_sockets.ts";

/** How long connections may keep the server waiting, and how many there may be. */
export interface ListenerLimits {
  /** The head of a request, from its first byte or the connection's beginning; TLS has as long. */
  headMs: number;
  /** From an answer to the next request. */
  idleMs: number;
  /** Until a client has taken something of what was written for it. */
  stuckMs: number;
  /** A WebSocket that is silent for so long is asked whether it is there. */
  pingMs: number;
  connections: number;
  connectionsPerAddress: number;
}

/** What a listener stands on. */
export interface ListenerOptions {
  api: Api;
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  /** PEM texts. */
  tls?: { cert: string; key: string };
  limits?: Partial<ListenerLimits>;
  /** Whether an address stands for many: `connectionsPerAddress` does not count for it. */
  isMany?(address: string): boolean;
  /** Something went wrong that nobody foresaw: the connection, if it was one, is cut. */
  onFault?(error: unknown): void;
  /** Nobody has come in for minutes, however often the port was opened anew: only a fresh process may help. */
  onDeaf?(): void;
  /** When nobody has come in for so long it is looked whether anybody can. Default 5 s. */
  knockMs?: number;
  /** When nobody could for so long it is hopeless. Default 2 minutes. */
  deafMs?: number;
}

/** What is held where nothing else is said. */
export const LISTENER_LIMITS: ListenerLimits = {
  headMs: 10_000,
  idleMs: 75_000,
  stuckMs: 120_000,
  pingMs: 30_000,
  connections: 8192,
  connectionsPerAddress: 6144,
};

/** Twice what the API takes, so that it is the API that says how much. */
const HEAD_BYTES = 65_536;
const BACKLOG = 1024;
/** The parser's clock: late by a quarter of the time at most. */
const lookMs = (headMs: number) => Math.min(1000, Math.max(250, headMs / 4));
/** Calls do not tell when the last one has ended: it is looked at so often. */
const DRAIN_LOOK_MS = 20;

/** Connections that are being told that there is no room for them. */
const TURNED_AWAY = 256;
/** Who has said that he says no more mostly is gone: so long an answer may still take. */
const HALF_OPEN_MS = 1000;
const DEAF_MS = 120_000;

/** One request and its answer. */
interface Exchange {
  connection: Connection;
  /** Where the answer goes; a connection that is to become a WebSocket has none. */
  out?: ServerResponse;
  end(how: "answered" | "left"): void;
}

/** Opens a port, holds whoever comes to HTTP and to time, and hands requests to the API. */
export class Listener implements AsyncDisposable {
  readonly hostname: string;
  readonly port: number;
  #server: Server;
  #options: ListenerOptions;
  #limits: ListenerLimits;
  #places: Places;
  #turnedAwayMost: number;
  #webSockets: WebSockets;
  #knocking: Knocking;
  /** Connections, and those that were refused and are being told so. */
  #sockets = new Set<Socket>();
  /** Requests under way, by their connection. */
  #exchanges = new Map<Socket, Set<Exchange>>();
  #watched = new WeakSet<Socket>();
  #turnedAway = new WeakSet<Socket>();
  /** What ends the wait for TLS, by whom it is agreed with: the secured connection is another object. */
  #handshakes = new Map<string, () => boolean>();
  #ended = Object.fromEntries(CONNECTION_ENDS.map((why) => [why, 0])) as Record<ConnectionEnd, number>;
  #closed: Promise<void> | undefined;

  /** Listens; fails with the system's error when the port cannot be had. */
  static async start(options: ListenerOptions): Promise<Listener> {
    const limits = { ...LISTENER_LIMITS, ...options.limits };
    const http = {
      headersTimeout: limits.headMs,
      // Bodies have limits of their own, by what they are for.
      requestTimeout: 0,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: lookMs(limits.headMs),
      maxHeaderSize: HEAD_BYTES,
      requireHostHeader: false,
      // Whoever asks for another protocol is answered in this one.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket",
    };
    const { tls, hostname, port } = options;
    const server = tls ? createSecureServer({ ...http, ...tls }) as Server : createServer(http);
    server.maxHeadersCount = HEADERS_MAX + 1;
    // Who has said all he has to say is still answered.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: hostname, port, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return new Listener(server, options, limits);
  }

  private constructor(server: Server, options: ListenerOptions, limits: ListenerLimits) {
    this.#server = server;
    this.#options = options;
    this.#limits = limits;
    const { connections, connectionsPerAddress: ofOne } = limits;
    const { isMany } = options;
    const most = connectionsBySystem();
    this.#turnedAwayMost = Math.min(TURNED_AWAY, Math.floor(most / 8));
    this.#places = new Places({ all: Math.max(1, Math.min(connections, most - this.#turnedAwayMost)), ofOne, isMany });
    this.#webSockets = new WebSockets({ pingMs: limits.pingMs, onEnd: (why) => this.#ended[why]++ });
    ({ address: this.hostname, port: this.port } = server.address() as AddressInfo);
    this.#listen();
    this.#knocking = new Knocking({
      hostname: this.hostname,
      port: this.port,
      ...(options.knockMs !== undefined && { everyMs: options.knockMs }),
      onOwn: (peer) => this.#sockets.forEach((socket) => peerOf(socket) === peer && this.#forget(socket)),
      onDeaf: (sinceMs) => this.#reopen(sinceMs),
    });
  }

  /** Where it is found from this machine. */
  get url(): string {
    const host = isAny(this.hostname) ? "localhost" : this.hostname;
    return `${this.#options.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  /** How many connections there are, and what became of others. */
  get figures(): ConnectionFigures {
    return { open: this.#places.taken, ended: this.#ended };
  }

  /** Waits until every request has been answered, but not for longer than this; then cuts every connection. */
  close(drainMs = 0): Promise<void> {
    return this.#closed ??= this.#close(drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const endsAtMs = performance.now() + drainMs;
    this.#knocking[Symbol.dispose]();
    while (this.#exchanges.size > 0 && performance.now() < endsAtMs) {
      await new Promise((done) => setTimeout(done, DRAIN_LOOK_MS));
    }
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#webSockets[Symbol.dispose]();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen(): void {
    const server = this.#server;
    // Before the parser, or TLS, has anything to do with it.
    const [admitted] = server.listeners("connection") as ((socket: Socket) => void)[];
    server.removeAllListeners("connection");
    server.on("connection", (socket) => {
      if (this.#admit(socket)) admitted.call(server, socket);
    });
    const cutAt = (socket: Socket) => (error: unknown) => {
      this.#options.onFault?.(error);
      socket.destroy();
    };
    server.on("request", (incoming, out) => void this.#answer(incoming, out).catch(cutAt(incoming.socket)));
    server.on("checkContinue", (incoming, out) => void this.#answer(incoming, out, out).catch(cutAt(incoming.socket)));
    server.on("upgrade", (incoming, duplex, head) => {
      const socket = duplex as Socket;
      this.#upgrade(incoming, socket, head).catch(cutAt(socket));
    });
    // Such as that there is no descriptor for one more connection.
    server.on("error", (error) => this.#options.onFault?.(error));
    server.on("clientError", (error, socket) => this.#turnAway(error, socket as Socket));
    server.on("secureConnection", (socket: Socket) => this.#handshakes.get(peerOf(socket))?.());
    server.on("tlsClientError", (_error: Error, socket: Socket) => void socket.destroy());
    server.on("timeout", (socket) => {
      this.#ended.idle++;
      socket.destroy();
    });
  }

  /** Opens the port anew, which takes nobody in any more; connections that are in use stay. */
  #reopen(sinceMs: number): void {
    const { onFault, onDeaf, deafMs = DEAF_MS } = this.#options;
    if (sinceMs > deafMs) return onDeaf?.();
    onFault?.(
      new Error(`Nobody could come in at ${this.url} any more, for want of descriptors perhaps: it is opened anew`),
    );
    const { hostname: host, port } = this;
    this.#server.close();
    this.#server.listen({ host, port, backlog: BACKLOG }, () => {
      if (this.#closed) this.#server.close();
    });
  }

  /** Ends a connection that was nobody's. */
  #forget(socket: Socket): void {
    this.#handshakes.get(peerOf(socket))?.();
    socket.destroy();
  }

  /** Whether there is room for a connection; if not, it is told so. */
  #admit(socket: Socket): boolean {
    if (this.#knocking.heard(peerOf(socket))) {
      socket.destroy();
      return false;
    }
    const place = this.#places.take(socket.remoteAddress ?? "");
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (typeof place === "function") place();
    });
    if (typeof place === "function") {
      if (this.#options.tls) this.#awaitHandshake(socket);
      return true;
    }
    this.#ended[place]++;
    // TLS has no words for it.
    if (this.#options.tls || this.#sockets.size - this.#places.taken > this.#turnedAwayMost) socket.destroy();
    else {
      const problem = place === "crowded"
        ? new Problem("unavailable", "There are as many connections as there may be", { headers: RETRY })
        : new Problem("too_many", "There are as many connections from this address as there may be", {
          headers: RETRY,
        });
      this.#farewell(socket, problem);
    }
    return false;
  }

  #awaitHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    const timer = setTimeout(() => socket.destroy(), this.#limits.headMs);
    const agreed = () => {
      clearTimeout(timer);
      return this.#handshakes.delete(peer);
    };
    this.#handshakes.set(peer, agreed);
    socket.once("close", () => {
      if (agreed()) this.#ended.handshake++;
    });
  }

  #begin(socket: Socket, out?: ServerResponse): Exchange {
    const left = new AbortController();
    const { promise: completed, resolve } = Promise.withResolvers<void>();
    const others = this.#exchanges.get(socket) ?? new Set();
    const exchange: Exchange = {
      connection: { address: socket.remoteAddress ?? "", left: left.signal, completed },
      out,
      end: (how) => {
        if (!others.delete(exchange)) return;
        if (others.size === 0) this.#exchanges.delete(socket);
        if (how === "left") left.abort();
        resolve();
      },
    };
    others.add(exchange);
    this.#exchanges.set(socket, others);
    this.#watch(socket);
    if (socket.destroyed) exchange.end("left");
    return exchange;
  }

  #watch(socket: Socket): void {
    if (this.#watched.has(socket)) return;
    this.#watched.add(socket);
    let timer: ReturnType<typeof setTimeout> | undefined;
    socket.once("end", () => {
      if (this.#exchanges.has(socket)) timer = setTimeout(() => socket.destroy(), HALF_OPEN_MS);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      for (const exchange of this.#exchanges.get(socket) ?? []) exchange.end("left");
    });
  }

  async #answer(incoming: IncomingMessage, out: ServerResponse, waiting?: ServerResponse): Promise<void> {
    const { socket } = incoming;
    const exchange = this.#begin(socket, out);
    out.once("finish", () => exchange.end("answered"));
    out.on("error", () => {});
    const answer = await this.#answerTo(incoming, exchange.connection, waiting);
    passOver(incoming, out, () => this.#ended.body_left++);
    const writing = {
      pieces: incoming.httpVersionMinor > 0,
      stuckMs: this.#limits.stuckMs,
      onStuck: () => this.#ended.stuck++,
    };
    if (answer instanceof Live) return await writeLive(answer, out, writing);
    const response = answer instanceof Response ? answer : this.#options.api.refuse(NO_UPGRADE);
    if (out.destroyed) return void response.body?.cancel().catch(() => {});
    await writeAnswer(response, out, writing);
  }

  async #upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const exchange = this.#begin(socket);
    const ignore = () => {};
    socket.on("error", ignore);
    const answer = await this.#answerTo(incoming, exchange.connection);
    if (answer instanceof Upgrade) {
      socket.off("error", ignore);
      return this.#webSockets.take({ incoming, socket, head }, answer);
    }
    const response = answer instanceof Response ? answer : this.#options.api.refuse(NO_UPGRADE);
    sayLast(socket, await farewellText(response));
  }

  #answerTo(incoming: IncomingMessage, connection: Connection, waiting?: ServerResponse): Promise<Answered> {
    const { api, tls } = this.#options;
    let request: Request;
    try {
      request = requestOf(incoming, { secure: tls !== undefined, waiting });
    } catch (error) {
      return Promise.resolve(api.refuse(problemOf(error)));
    }
    return api.answer(request, connection);
  }

  /** What the parser would have nothing to do with, or waited for in vain. */
  #turnAway(error: Error, socket: Socket): void {
    // The parser's clock tells of it again and again.
    if (this.#turnedAway.has(socket)) return;
    this.#turnedAway.add(socket);
    // The runtime has put the parser back among those for others; what else this client says must not reach it.
    for (const event of ["data", "end"]) socket.removeAllListeners(event);
    const found = parserProblem(error);
    const begun = [...this.#exchanges.get(socket) ?? []].some(({ out }) => out?.headersSent);
    const silent = found?.why === "slow_head" && socket.bytesRead === 0;
    if (found) this.#ended[silent ? "silent" : found.why]++;
    if (!found || silent || begun || !socket.writable) socket.destroy();
    else this.#farewell(socket, found.problem);
  }

  #farewell(socket: Socket, problem: Problem): void {
    socket.on("error", () => {});
    void farewellText(this.#options.api.refuse(problem)).then((text) => sayLast(socket, text));
  }
}

const RETRY = { "retry-after": "5" };
const NO_UPGRADE = new Problem("malformed", "Cannot open a WebSocket: the header Connection must say Upgrade");

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Buffer } from "node:buffer";
import { WebSocketServer } from "ws";
import type { ConnectionEnd } from "../../core/connections.ts";
import type { Upgrade } from "./exchange.ts";
import { boundRest } from "./leftovers.ts";
import { ServerSocket, type WsConnection } from "./server_socket.ts";

/** A connection as it comes out of the HTTP parser. */
export interface UpgradedConnection {
  incoming: IncomingMessage;
  socket: Socket;
  head: Buffer;
}

/** What WebSockets are held to. */
export interface WebSocketsOptions {
  /** Whoever is silent for so long is asked, and gone when nothing has come as long again. */
  pingMs: number;
  onEnd(why: ConnectionEnd): void;
}

/** Pieces of one message, and pongs that one who asks for them does not take. */
const PIECES_MAX = 16_384;
/** So long a client may take to confirm that its socket is to be closed. */
const CLOSE_MS = 5000;
const TOO_LARGE = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
  "WS_ERR_TOO_MANY_BUFFERED_PARTS",
]);
const INTERNAL = 1011;

/** One that is open, and how far it had been read when it was asked. */
interface Held {
  socket: UpgradedConnection["socket"];
  connection: WsConnection;
  readAtPing?: number;
}

/** Why a request opens no WebSocket; undefined when it does. */
export function handshakeFault({ method, headers }: Request): string | undefined {
  const connection = headers.get("connection")?.toLowerCase().split(",").map((option) => option.trim()) ?? [];
  if (method !== "GET") return "it begins with a GET request";
  if (!connection.includes("upgrade")) return "the header Connection must say Upgrade";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) {
    return "the header Sec-WebSocket-Key must hold 16 bytes in base64";
  }
  if (headers.get("sec-websocket-version") !== "13") return "the header Sec-WebSocket-Version must say 13";
  return undefined;
}

/** The WebSockets of a listener. */
export class WebSockets implements Disposable {
  #servers = new Map<number, WebSocketServer>();
  #held = new Set<Held>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: WebSocketsOptions) {}

  /** Confirms the handshake and hands the socket over. */
  take({ incoming, socket, head }: UpgradedConnection, { open, maxBytes }: Upgrade): void {
    this.#server(maxBytes).handleUpgrade(incoming, socket, head, (connection: WsConnection) => {
      const held = { socket, connection };
      this.#held.add(held);
      this.#timer ??= setInterval(() => this.#look(), this.options.pingMs);
      connection.on("close", () => this.#held.delete(held));
      connection.on("error", ({ code = "" }) => {
        if (!code.startsWith("WS_ERR")) return;
        this.options.onEnd(TOO_LARGE.has(code) ? "message_too_large" : "broken_frame");
        // What it goes on sending is passed over, so that it comes to read why.
        boundRest(socket, { isOver: () => false, onOver() {}, onCut() {} });
      });
      try {
        open(new ServerSocket(connection));
      } catch (error) {
        connection.close(INTERNAL, "The server's log says more");
        throw error;
      }
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const { connection } of this.#held) connection.terminate();
    for (const server of this.#servers.values()) server.close();
  }

  #server(maxPayload: number): WebSocketServer {
    let server = this.#servers.get(maxPayload);
    if (!server) {
      const bounds = { maxPayload, maxFragments: PIECES_MAX, maxPendingAutoPongs: PIECES_MAX, closeTimeout: CLOSE_MS };
      server = new WebSocketServer({
        ...bounds,
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        handleProtocols: () => false,
      });
      this.#servers.set(maxPayload, server);
    }
    return server;
  }

  /** Anything that came shows that somebody is there, be it a piece of a long message. */
  #look(): void {
    for (const held of this.#held) {
      const { connection, socket, readAtPing } = held;
      if (socket.bytesRead === readAtPing) {
        this.options.onEnd("no_pong");
        connection.terminate();
      } else {
        held.readAtPing = socket.bytesRead;
        connection.ping();
      }
    }
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

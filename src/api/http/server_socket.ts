/** What `ws` gives, as far as it is used here. */
export interface WsConnection {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  ping(): void;
  terminate(): void;
  on(event: "message", heard: (data: unknown, isBinary: boolean) => void): void;
  on(event: "close", heard: () => void): void;
  on(event: "error", heard: (error: Error & { code?: string }) => void): void;
}

/** What a socket brings. */
export interface SocketEvents {
  text(text: string): void;
  bytes(bytes: ArrayBuffer): void;
  /** It is closed, and nothing comes any more. */
  closed(): void;
}

const OPEN = 1;

/** The server's end of a WebSocket. */
export class ServerSocket {
  #connection: WsConnection;

  constructor(connection: WsConnection) {
    this.#connection = connection;
    connection.binaryType = "arraybuffer";
  }

  get open(): boolean {
    return this.#connection.readyState === OPEN;
  }

  /** Bytes that were sent and that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#connection.bufferedAmount;
  }

  /** Hears what comes; to be called right when the socket is handed over, so that nothing is missed. */
  listen({ text, bytes, closed }: SocketEvents): void {
    this.#connection.on("message", (data, isBinary) => {
      if (isBinary) bytes(data as ArrayBuffer);
      else text(typeof data === "string" ? data : decoder.decode(data as ArrayBuffer));
    });
    this.#connection.on("close", closed);
  }

  send(data: string | Uint8Array): void {
    if (this.open) this.#connection.send(data);
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }
}

const decoder = new TextDecoder();

import { eventually } from "./eventually.ts";

// deno-lint-ignore no-explicit-any -- a test looks into messages of every shape
type Message = any;

/** A WebSocket that keeps what came, for tests. */
export class WsClient implements AsyncDisposable {
  readonly texts: Message[] = [];
  readonly pictures: { header: Message; jpeg: Uint8Array }[] = [];
  closed: CloseEvent | undefined;
  #taken = 0;

  private constructor(readonly socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.texts.push(JSON.parse(data));
      else this.pictures.push(pictureOf(new Uint8Array(data as ArrayBuffer)));
    });
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.addEventListener("close", (event) => this.closed = event);
  }

  static async open(url: string): Promise<WsClient> {
    const client = new WsClient(new WebSocket(url.replace(/^http/, "ws")));
    await eventually("the socket is open", () => client.socket.readyState !== WebSocket.CONNECTING);
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next text that has not been taken yet. */
  async next(): Promise<Message> {
    await eventually("a message comes", () => this.texts.length > this.#taken);
    return this.texts[this.#taken++];
  }

  /** Asks, and answers the next text. */
  ask(message: unknown): Promise<Message> {
    this.send(message);
    return this.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState !== WebSocket.CLOSED) this.socket.close();
    await eventually("the socket is closed", () => this.closed !== undefined);
  }
}

function pictureOf(message: Uint8Array): { header: Message; jpeg: Uint8Array } {
  const length = new DataView(message.buffer).getUint32(0);
  return {
    header: JSON.parse(new TextDecoder().decode(message.subarray(4, 4 + length))),
    jpeg: message.slice(4 + length),
  };
}

/** A WebSocket over a bare connection, which reads only when it is told to: what a WebSocket of the platform cannot. */
export class StubbornSocket implements Disposable {
  #bytes = new Uint8Array(0);

  private constructor(private readonly connection: Deno.Conn) {}

  static async open(port: number, path: string): Promise<StubbornSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = new StubbornSocket(connection);
    await socket.#write(
      new TextEncoder().encode(
        `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
          "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      ),
    );
    // The head of the answer ends with an empty line.
    for (let head = ""; !head.endsWith("\r\n\r\n");) head += String.fromCharCode((await socket.#read(1))[0]);
    return socket;
  }

  /** Sends a text in one frame, masked with zeros. */
  async send(message: unknown): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(message));
    if (text.length > 125) throw new RangeError("Only short messages can be sent");
    await this.#write(new Uint8Array([0x81, 0x80 | text.length, 0, 0, 0, 0, ...text]));
  }

  /** Reads the next message; what a server says about the connection is passed over. */
  async next(): Promise<string | Uint8Array> {
    for (;;) {
      const [first, second] = await this.#read(2);
      let length = second & 127;
      if (length === 126) length = view(await this.#read(2)).getUint16(0);
      else if (length === 127) length = Number(view(await this.#read(8)).getBigUint64(0));
      const payload = await this.#read(length);
      const kind = first & 15;
      if (kind === 1) return new TextDecoder().decode(payload);
      if (kind === 2) return payload;
      if (kind === 8) throw new Error("The server has closed the socket");
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  async #read(count: number): Promise<Uint8Array> {
    const chunk = new Uint8Array(256 * 1024);
    while (this.#bytes.length < count) {
      const read = await this.connection.read(chunk);
      if (read === null) throw new Error("The connection has ended");
      const joined = new Uint8Array(this.#bytes.length + read);
      joined.set(this.#bytes);
      joined.set(chunk.subarray(0, read), this.#bytes.length);
      this.#bytes = joined;
    }
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { joinedBytes } from "../../../src/core/joined_bytes.ts";

/** One answer: its status and its body. */
export interface HttpAnswer {
  status: number;
  body: Uint8Array;
}

/**
 * A connection that is kept open and asked again and again, with next to no work of its own: who measures a server on
 * the cores that it runs on must not take them away.
 */
export class HttpConnection implements Disposable {
  #buffer = new Uint8Array(64 * 1024);
  /** Where what has come and was not yet taken begins and ends. */
  #from = 0;
  #to = 0;

  private constructor(private readonly connection: Deno.Conn) {}

  static async open(port: number): Promise<HttpConnection> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new HttpConnection(connection);
  }

  /** Sends a whole request, head and body, and waits for the answer. */
  async ask(request: Uint8Array): Promise<HttpAnswer> {
    for (let sent = 0; sent < request.length;) sent += await this.connection.write(request.subarray(sent));
    const head = decoder.decode(await this.#until(END_OF_HEAD)).toLowerCase();
    const status = Number(/^http\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (!status) throw new Error(`This is no answer: ${head.slice(0, 80)}`);
    const length = /\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1];
    if (length !== undefined) return { status, body: await this.#take(Number(length)) };
    if (/\r\ntransfer-encoding: chunked\r\n/.test(head)) return { status, body: await this.#chunks() };
    throw new Error("The answer does not say how long it is");
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }

  async #chunks(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const size = parseInt(decoder.decode(await this.#until(END_OF_LINE)), 16);
      if (Number.isNaN(size)) throw new Error("A chunk does not say how long it is");
      const part = await this.#take(size);
      await this.#until(END_OF_LINE);
      if (size === 0) break;
      parts.push(part);
    }
    return joinedBytes(parts);
  }

  /** What comes up to a mark, mark included. */
  async #until(mark: readonly number[]): Promise<Uint8Array> {
    const [first] = mark;
    for (let from = this.#from;;) {
      let at = this.#buffer.indexOf(first, from);
      while (at >= 0 && at + mark.length <= this.#to && !this.#isAt(mark, at)) at = this.#buffer.indexOf(first, at + 1);
      if (at >= 0 && at + mark.length <= this.#to) return this.#cut(at + mark.length);
      // What comes may go on with a mark that has begun.
      from = at >= 0 && at < this.#to ? at : this.#to;
      from -= await this.#more();
    }
  }

  #isAt(mark: readonly number[], at: number): boolean {
    for (let n = 1; n < mark.length; n++) if (this.#buffer[at + n] !== mark[n]) return false;
    return true;
  }

  async #take(length: number): Promise<Uint8Array> {
    while (this.#to - this.#from < length) await this.#more();
    return this.#cut(this.#from + length);
  }

  #cut(end: number): Uint8Array {
    const part = this.#buffer.slice(this.#from, end);
    this.#from = end;
    return part;
  }

  /** Reads on, and answers by how much what lay there has moved towards the beginning. */
  async #more(): Promise<number> {
    const moved = this.#from;
    this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#to -= moved;
    this.#from = 0;
    if (this.#to === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = await this.connection.read(this.#buffer.subarray(this.#to));
    if (count === null) throw new Error("The server hung up");
    this.#to += count;
    return moved;
  }
}

const decoder = new TextDecoder();
const END_OF_LINE = [13, 10];
const END_OF_HEAD = [13, 10, 13, 10];

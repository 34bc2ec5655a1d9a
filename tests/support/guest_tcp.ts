/** A bare connection, for what no library would send. */
export class GuestTcp implements Disposable {
  #text = "";
  #ended = false;
  /** Bytes that were taken from us. */
  written = 0;

  private constructor(readonly connection: Deno.TcpConn | Deno.TlsConn) {}

  static async open(port: number): Promise<GuestTcp> {
    return new GuestTcp(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** The same over TLS. */
  static async openSecure(port: number, cert: string): Promise<GuestTcp> {
    return new GuestTcp(await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [cert] }));
  }

  /** Sends bytes as they are; false when the other end takes no more. */
  async send(data: string | Uint8Array): Promise<boolean> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    try {
      for (let at = 0; at < bytes.length;) {
        const count = await this.connection.write(bytes.subarray(at));
        at += count;
        this.written += count;
      }
      return true;
    } catch {
      return false;
    }
  }

  /** What came so far. */
  get text(): string {
    return this.#text;
  }

  /** Reads on until what came satisfies; fails when the connection ends before. */
  async until(satisfied: (text: string) => boolean): Promise<string> {
    while (!satisfied(this.#text)) {
      if (!await this.#read()) throw new Error(`The connection ended after: ${this.#text}`);
    }
    return this.#text;
  }

  /** Reads until the other end ends the connection, and answers all that came. */
  async end(): Promise<string> {
    while (await this.#read());
    return this.#text;
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    const bytes = new Uint8Array(65_536);
    // Cut off counts as ended.
    const count = await this.connection.read(bytes).catch(() => null);
    if (count === null) this.#ended = true;
    // One character to a byte: what is called latin1 here is another code.
    else for (const byte of bytes.subarray(0, count)) this.#text += String.fromCharCode(byte);
    return !this.#ended;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

/** The statuses of all answers in what a connection brought. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** A way to a server over which, while it is severed, nothing comes through: no byte, no end, no refusal. */
export class Severable implements AsyncDisposable {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #open = new Set<Deno.Conn>();
  #severed = false;
  #accepting: Promise<void>;

  /** `port`: of the server, on this machine. */
  constructor(private readonly port: number) {
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** From here on all that is sent is lost. */
  sever(): void {
    this.#severed = true;
  }

  /** New connections come through again; those from before have lost something, and end. */
  mend(): void {
    this.#severed = false;
    this.#closeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#closeAll();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const passing: Promise<void>[] = [];
    try {
      for await (const client of this.#listener) {
        this.#open.add(client);
        if (!this.#severed) passing.push(this.#join(client));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    await Promise.all(passing);
  }

  async #join(client: Deno.Conn): Promise<void> {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    this.#open.add(server);
    await Promise.all([this.#pass(client, server), this.#pass(server, client)]);
  }

  /** Passes bytes on until one side ends; then both do. */
  async #pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const bytes = new Uint8Array(65_536);
    try {
      for (let read = await from.read(bytes); read !== null; read = await from.read(bytes)) {
        let rest = this.#severed ? bytes.subarray(0, 0) : bytes.subarray(0, read);
        while (rest.length > 0) rest = rest.subarray(await to.write(rest));
      }
    } catch {
      // It was closed here, or by the other side.
    }
    if (!this.#severed) { for (const end of [from, to]) this.#close(end); }
  }

  #closeAll(): void {
    for (const end of [...this.#open]) this.#close(end);
  }

  #close(end: Deno.Conn): void {
    if (!this.#open.delete(end)) return;
    end.close();
  }
}

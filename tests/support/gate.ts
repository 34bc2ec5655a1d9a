/** A door before a TCP server: it can be shut, which cuts what is connected, or stuck, so that nothing passes. */
export class Gate implements AsyncDisposable {
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> | undefined;
  #pairs = new Set<Deno.TcpConn>();
  #copies = new Set<Promise<void>>();
  #stuck = Promise.withResolvers<void>();
  readonly port: number;

  /** A gate to a port of this machine, shut at first. With `wordsOnly` none is let through who says nothing. */
  constructor(private readonly targetPort: number, private readonly options: { wordsOnly?: boolean } = {}) {
    this.port = freeTcpPort();
    this.#stuck.resolve();
  }

  open(): void {
    if (this.#listener) return;
    const listener = this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accepting = this.#accept(listener);
  }

  async shut(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    this.loosen();
    for (const connection of this.#pairs) close(connection);
    await this.#accepting;
    await Promise.all(this.#copies);
  }

  /** From now on nothing passes, though everything is connected. */
  stick(): void {
    this.#stuck = Promise.withResolvers<void>();
  }

  loosen(): void {
    this.#stuck.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shut();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    try {
      for await (const client of listener) {
        const copies = this.#join(client).finally(() => this.#copies.delete(copies));
        this.#copies.add(copies);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    this.#pairs.add(client);
    const words = this.options.wordsOnly ? await firstWords(client) : new Uint8Array();
    const server = words &&
      await Deno.connect({ hostname: "127.0.0.1", port: this.targetPort }).catch(() => undefined);
    if (server) {
      this.#pairs.add(server);
      await server.write(words);
      await Promise.all([this.#copy(client, server), this.#copy(server, client)]);
      this.#pairs.delete(server);
    }
    close(client);
    this.#pairs.delete(client);
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(16_384);
    try {
      while (this.#pairs.has(from)) {
        const count = await from.read(bytes);
        if (count === null) break;
        await this.#stuck.promise;
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch {
      // One side is gone; the other goes, too.
    }
    close(from);
    close(to);
  }
}

/** What a client begins with; undefined when it leaves without a word. */
async function firstWords(client: Deno.TcpConn): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(16_384);
  const count = await client.read(bytes).catch(() => null);
  return count === null ? undefined : bytes.subarray(0, count);
}

/** Below the ports that systems give to whoever asks for any: nobody takes one of these by chance before it is used. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nobody listens on. */
export function freeTcpPort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`No port between ${PORTS.from} and ${PORTS.to} is free`);
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}

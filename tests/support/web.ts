/** What a web server says to a request. */
export type Reply = (request: Request) => Response | Promise<Response>;

/** A web server that counts what it is asked for. */
export class Web implements AsyncDisposable {
  readonly asked: string[] = [];
  #server: Deno.HttpServer<Deno.NetAddr>;
  #stop = new AbortController();
  #tls: boolean;

  constructor(replies: Record<string, Reply>, tls?: { key: string; cert: string }) {
    this.#tls = tls !== undefined;
    const { signal } = this.#stop;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal, onListen() {}, ...tls }, (request) => {
      const path = new URL(request.url).pathname.slice(1);
      this.asked.push(path);
      return replies[path]?.(request) ?? new Response("nothing here", { status: 404 });
    });
  }

  url(path: string, userinfo = ""): string {
    return `http${this.#tls ? "s" : ""}://${userinfo && userinfo + "@"}127.0.0.1:${this.#server.addr.port}/${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Some answers never come: an orderly end would wait for them.
    this.#stop.abort();
    await this.#server.finished;
  }
}

/** A file as web servers serve it, whole or in part. */
export function file(path: string, ranges = true): Reply {
  return (request) => {
    const bytes = Deno.readFileSync(path);
    const range = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") : null;
    if (!range) return new Response(bytes, { headers: ranges ? { "accept-ranges": "bytes" } : {} });
    const [from, to] = [Number(range[1]), range[2] ? Number(range[2]) : bytes.length - 1];
    if (from >= bytes.length) return new Response(null, { status: 416 });
    const headers = { "content-range": `bytes ${from}-${to}/${bytes.length}`, "accept-ranges": "bytes" };
    return new Response(bytes.subarray(from, to + 1), { status: 206, headers });
  };
}

/** An answer of text. */
export const text = (body: string, headers = {}): Reply => () => new Response(body, { headers });
/** An answer that sends elsewhere. */
export const redirect = (location: string, status = 302): Reply => () =>
  new Response(null, { status, headers: { location } });

import type { IncomingMessage } from "node:http";
import { joinedBytes } from "../../src/core/joined_bytes.ts";
import { redactUrl } from "../../src/core/redact.ts";
import { SourceError, type SourceErrorCode } from "../../src/core/source.ts";
import { isPlaylist, PLAYLIST_MARK_BYTES, rewritePlaylist } from "./hls_playlist.ts";
import { httpGet, type HttpGetOptions } from "./http_get.ts";

const PLAYLIST_LIMIT_BYTES = 4_000_000;

/**
 * Stands between FFmpeg and the web. FFmpeg opens addresses of this relay only; the relay gets what they stand for,
 * following redirects and playlists no further than the rules allow, over connections to addresses that were checked.
 */
export class Relay implements AsyncDisposable {
  #options: Omit<HttpGetOptions, "range">;
  #stop = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;
  // Nobody else on this machine can guess an address of the relay.
  #token = crypto.randomUUID();
  #failure: SourceError | undefined;

  constructor(options: Omit<HttpGetOptions, "range">) {
    this.#options = options;
    const { signal } = this.#stop;
    const listen = {
      hostname: "127.0.0.1",
      port: 0,
      signal,
      onListen() {},
      onError: () => new Response(null, { status: 500 }),
    };
    this.#server = Deno.serve(listen, (request) => this.#serve(request));
  }

  /** Why the web last failed to deliver. */
  get failure(): SourceError | undefined {
    return this.#failure;
  }

  /** The address under which FFmpeg finds a URL. It ends in the name of the file, by which FFmpeg knows its kind. */
  address(url: URL): string {
    const bytes = new TextEncoder().encode(url.href);
    const code = btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "");
    const name = url.pathname.split("/").at(-1)?.replace(/[^\w.-]/g, "") || "stream";
    return `http://127.0.0.1:${this.#server.addr.port}/${this.#token}/${code}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.finished;
  }

  async #serve(request: Request): Promise<Response> {
    const [, token, code] = new URL(request.url).pathname.split("/");
    if (token !== this.#token || request.method !== "GET") return new Response(null, { status: 403 });
    const text = atob(code.replace(/[-_]/g, (sign) => sign === "-" ? "+" : "/"));
    const wanted = new URL(new TextDecoder().decode(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    try {
      return await this.#fetch(wanted, request);
    } catch (error) {
      if (this.#stop.signal.aborted) return new Response(null, { status: 503 });
      this.#failure = error instanceof SourceError ? error : new SourceError("failed", String(error), { cause: error });
      return new Response(null, { status: this.#failure.code === "denied" ? 403 : 502 });
    }
  }

  async #fetch(wanted: URL, request: Request): Promise<Response> {
    const range = request.headers.get("range") ?? undefined;
    const { url, response } = await httpGet(wanted, { ...this.#options, range }, this.#stop.signal);
    const status = response.statusCode ?? 502;
    if (status >= 400) {
      response.destroy();
      const code = STATUS_CODES[status] ?? "failed";
      throw new SourceError(
        code,
        `Cannot open ${redactUrl(url.href)}: ${status} ${response.statusMessage ?? ""}`.trim(),
      );
    }
    const body = new Body(response);
    const head = await body.head(PLAYLIST_MARK_BYTES);
    if (isPlaylist(head)) return await this.#playlist(url, body);
    return new Response(body.stream(), { status, headers: passedOn(response) });
  }

  async #playlist(url: URL, body: Body): Promise<Response> {
    const bytes = await body.all(PLAYLIST_LIMIT_BYTES);
    if (!bytes) throw new SourceError("invalid", `Cannot open ${redactUrl(url.href)}: its playlist is too long`);
    const text = rewritePlaylist(new TextDecoder().decode(bytes), url, (entry) => this.address(entry));
    return new Response(text, { headers: { "content-type": "application/vnd.apple.mpegurl" } });
  }
}

const STATUS_CODES: Record<number, SourceErrorCode> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  410: "not_found",
};

/** What FFmpeg needs to know of an answer; nothing else of it reaches FFmpeg, above all no encoding to undo. */
function passedOn({ headers }: IncomingMessage): Headers {
  const out = new Headers();
  for (const name of ["content-type", "content-length", "content-range", "accept-ranges"]) {
    const value = headers[name];
    if (typeof value === "string") out.set(name, value);
  }
  return out;
}

/** The body of an answer, whose beginning can be looked at before it is passed on. */
class Body {
  #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #ended = false;

  constructor(private readonly response: IncomingMessage) {
    this.#chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  /** The first so many bytes, or all if there are fewer. */
  async head(bytes: number): Promise<Uint8Array> {
    while (!this.#ended && this.#size < bytes) await this.#pull();
    return joinedBytes(this.#held);
  }

  /** The whole body; undefined when it is longer than that. */
  async all(limit: number): Promise<Uint8Array | undefined> {
    while (!this.#ended && this.#size <= limit) await this.#pull();
    if (this.#size <= limit) return joinedBytes(this.#held);
    this.response.destroy();
    return undefined;
  }

  /** What is left of it, as it comes. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        while (this.#held.length === 0 && !this.#ended) await this.#pull();
        const chunk = this.#held.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: () => void this.response.destroy(),
    });
  }

  get #size(): number {
    return this.#held.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async #pull(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) this.#ended = true;
    else this.#held.push(value);
  }
}

import { z } from "zod";
import { redactUrls } from "../core/redact.ts";
import { serverEvents } from "./server_events.ts";
import { UsageError } from "./usage_error.ts";

/** Where a server is, and who asks it. */
export interface ServerClientOptions {
  url: string;
  token?: string;
  /** Aborts when nobody waits for answers any more. */
  signal: AbortSignal;
}

/** A file on its way to a server. */
export interface SentFile {
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
  onProgress(bytes: number): void;
}

/** What a server says it cannot do. */
export class ServerError extends Error {
  override name = "ServerError";

  constructor(message: string, readonly status: number) {
    super(message);
  }
}

const problemSchema = z.object({
  detail: z.string().optional(),
  title: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
});

/** A running server, as commands ask it. */
export class ServerClient {
  /** Without what is secret in it. */
  readonly shownUrl: string;
  #base: string;

  constructor(private readonly options: ServerClientOptions) {
    const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
      throw new UsageError(
        `--server wants an address such as http://127.0.0.1:8080, not ${printable(redactUrls(options.url))}`,
      );
    }
    if (url.username || url.password) {
      throw new UsageError("--server takes no user and password: a token has an option");
    }
    this.#base = url.href.replace(/\/+$/, "");
    this.shownUrl = this.#base;
  }

  /** The answer to a request, as the schema reads it. */
  async ask<S extends z.ZodType>(method: string, path: string, schema: S, body?: unknown): Promise<z.output<S>> {
    const init = body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    return await this.#read(await this.#fetch(path, { method, ...init }), schema);
  }

  /** Asks for something that must happen although the command ends: it does not follow the signal. */
  async remove(path: string): Promise<void> {
    const response = await this.#fetch(path, { method: "DELETE", signal: AbortSignal.timeout(10_000) });
    if (!response.ok && response.status !== 404) throw await faultOf(response);
    await response.body?.cancel();
  }

  /** Sends a file as it is read. */
  async send<S extends z.ZodType>(path: string, schema: S, { body, onProgress }: SentFile): Promise<z.output<S>> {
    let sent = 0;
    const counted = body.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(piece, controller) {
          onProgress(sent += piece.length);
          controller.enqueue(piece);
        },
      }),
    );
    const headers = { "content-type": "application/octet-stream" };
    return await this.#read(await this.#fetch(path, { method: "POST", body: counted, headers }), schema);
  }

  /** Listens to events; resolves once the server has begun to tell them. */
  async listen(path: string): Promise<AsyncGenerator<{ type: string; data: string }>> {
    const response = await this.#fetch(path, { headers: { accept: "text/event-stream" } });
    if (!response.ok || !response.body) throw await faultOf(response);
    return serverEvents(response.body);
  }

  async #read<S extends z.ZodType>(response: Response, schema: S): Promise<z.output<S>> {
    if (!response.ok) throw await faultOf(response);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new Error(`${this.shownUrl} answers, but not as Weir does: is it one, and of this version?`);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { token, signal } = this.options;
    const headers = new Headers(init.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    try {
      // A token is for this server, wherever it would like to send us.
      return await fetch(`${this.#base}${path}`, { signal, redirect: "error", ...init, headers });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Error(`Cannot reach ${this.shownUrl}: ${causeOf(error)}; does weir serve run there?`, { cause: error });
    }
  }
}

/** What an answer says is wrong. */
async function faultOf(response: Response): Promise<ServerError> {
  const { status } = response;
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!problem.success) return new ServerError(`The server answered ${status}, and did not say why`, status);
  const { title, detail = title, errors } = problem.data;
  const faults = errors.slice(0, 5).map(({ path, message }) => `${path === "" ? "" : `${path} `}${message}`)
    .filter((fault) => !detail.includes(fault));
  const hint = status === 401 ? "; --token or WEIR_TOKEN says who you are" : "";
  return new ServerError(printable([detail, ...faults].join("; ")) + hint, status);
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  const deepest = cause instanceof Error ? cause.message : message;
  if (/refused/i.test(deepest)) return "nobody listens there";
  return printable(redactUrls(deepest)).replace(/ for url \(\S*\)/, "");
}

/** A text of somebody else's in one line, without what would steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 2000);
}

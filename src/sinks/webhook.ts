import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import { DiskSpool } from "./disk_spool.ts";
import { eventText } from "./event_text.ts";
import { HttpPost } from "./http_post.ts";
import { Outbox } from "./outbox.ts";
import { peerAddress, shownAddress, unescaped } from "./peer_address.ts";
import { SendError } from "./send_error.ts";
import { sharedOptions } from "./shared_options.ts";
import type { Sink, SinkContext, SinkPlugin } from "./sink.ts";
import { tellError } from "./tell_error.ts";

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Headers that belong to the sink, or to the connection. */
const OWN_HEADERS = /^(?:host|content-.*|transfer-encoding|connection|te|trailer|upgrade|expect|weir-.*)$/i;

/** Options of the sink `webhook`. */
export const webhookSchema = z.strictObject({
  kind: z.literal("webhook"),
  url: z.url({ protocol: /^https?$/, hostname: /./ }).max(4096).describe(
    "where to post to; user and password become Basic authorization",
  ),
  secret: z.string().min(16).max(500).optional()
    .describe("signs every request: Weir-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of t.body>"),
  headers: z.record(z.string(), z.string().max(4096).regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII"))
    .refine((headers) => Object.keys(headers).every((name) => HEADER_NAME.test(name)), "a name is no header's")
    .refine((headers) => !Object.keys(headers).some((name) => OWN_HEADERS.test(name)), {
      message: "host, content-*, weir-* and those of the connection are set by the sink itself",
    })
    .optional().describe("headers to send with every request"),
  batch: z.strictObject({
    count: z.int().min(1).max(1000).default(1).describe(
      "most events in a request; with 1 the body is the event itself",
    ),
    afterMs: z.int().min(0).max(60_000).default(0).describe("how long to wait for a batch to fill"),
  }).prefault({}).describe('several events in a request: {"v":1,"type":"batch","events":[…]}'),
  timeoutMs: z.int().min(10).max(120_000).default(10_000).describe("longest wait for an answer"),
  attempts: z.int().min(1).max(100).default(10)
    .describe("how often a request is sent that the peer answers with 5xx (but 503 and 504 only say that it is away)"),
  spoolBytes: z.int().min(0).max(1024 ** 4).default(64 * 1024 ** 2)
    .describe("disk that events may take while the peer is away; 0: they wait in memory alone"),
  ca: z.string().max(65_536).startsWith("-----BEGIN CERTIFICATE-----").optional()
    .describe("certificate of who signed the peer's, PEM"),
  ...sharedOptions,
});

/** What {@link webhookSchema} makes. */
export type WebhookConfig = z.infer<typeof webhookSchema>;

/** Receivers commonly refuse bodies larger than a mebibyte; two bytes are counted for a letter. */
const BATCH_BYTES = 2 * 1024 ** 2;

/** Longest that a peer's Retry-After is believed. */
const RETRY_AFTER_MS = 3_600_000;

/** Statuses by which a peer says that it has no time, not that it minds what it was sent. */
const AWAY = new Set([408, 425, 429, 503, 504]);

/** Posts events to an address. */
export const webhook: SinkPlugin<WebhookConfig> = {
  kind: "webhook",
  describe: "an HTTP address that gets events as JSON, signed",
  schema: webhookSchema,
  secrets: ["secret", "headers"],
  redacted: ({ url }) => shownAddress(new URL(url)),
  open: (config, context) => new Webhook(config, context),
};

class Webhook implements Sink {
  #url: URL;
  #http = new HttpPost();
  #outbox: Outbox<string>;
  #now: () => number;

  constructor(private readonly config: WebhookConfig, private readonly context: SinkContext) {
    const { batch, spoolBytes, secret, headers = {} } = config;
    const { directory, now = Date.now, flushMs = 5000 } = context;
    const url = this.#url = new URL(config.url);
    this.#now = now;
    const path = `${url.pathname}${url.search}`;
    const secrets = [secret, ...Object.values(headers), url.password, unescaped(url.password), path.slice(1) && path];
    this.#outbox = new Outbox<string>({
      ...config,
      sizeBytes: (line) => line.length * 2,
      batch: batch.count,
      batchBytes: BATCH_BYTES,
      lingerMs: batch.afterMs,
      send: (lines, signal) => this.#send(lines, signal),
      ...(spoolBytes > 0 && { spool: () => DiskSpool.open({ directory, maxBytes: spoolBytes }) }),
      tell: (error) => `Cannot deliver to ${shownAddress(url)}: ${tellError(error, secrets)}`,
      now,
      flushMs,
    });
  }

  push(event: Parameters<Sink["push"]>[0]): void {
    this.#outbox.push(eventText(event));
  }

  status() {
    return this.#outbox.status();
  }

  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]();
    if (this.config.spoolBytes === 0) return;
    await Deno.remove(this.context.directory, { recursive: true }).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox[Symbol.asyncDispose]();
    this.#http[Symbol.dispose]();
  }

  async #send(lines: readonly string[], signal: AbortSignal): Promise<void> {
    const { config } = this;
    const text = config.batch.count === 1 ? lines[0] : `{"v":1,"type":"batch","events":[${lines.join(",")}]}`;
    const body = new TextEncoder().encode(text);
    const { status, retryAfter } = await this.#http.post({
      url: this.#url,
      address: await peerAddress(this.#url, this.context),
      headers: this.#headers(body),
      body,
      timeoutMs: config.timeoutMs,
      signal,
      ...(config.ca !== undefined && { ca: config.ca }),
    });
    if (status >= 200 && status < 300) return;
    const retryAfterMs = retryAfterFrom(retryAfter, this.#now());
    if (AWAY.has(status)) throw new SendError("away", `it answered ${status}`, { retryAfterMs });
    if (status >= 500) throw new SendError("stumbled", `it answered ${status}`, { retryAfterMs });
    const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
    throw new SendError("refused", `it answered ${status}${redirect}`);
  }

  #headers(body: Uint8Array): Record<string, string> {
    const { secret, headers } = this.config;
    const { username, password } = this.#url;
    const user = `${unescaped(username) ?? ""}:${unescaped(password) ?? ""}`;
    return {
      "user-agent": "Weir",
      ...(user !== ":" && { authorization: `Basic ${Buffer.from(user).toString("base64")}` }),
      ...headers,
      "content-type": "application/json",
      // The same events have the same id: a peer that answered too late knows them when they come again.
      "weir-id": createHash("sha256").update(body).digest("hex").slice(0, 32),
      ...(secret !== undefined && { "weir-signature": signature(body, { secret, atMs: this.#now() }) }),
    };
  }
}

/** What a receiver checks a body against. */
function signature(body: Uint8Array, { secret, atMs }: { secret: string; atMs: number }): string {
  const seconds = Math.floor(atMs / 1000);
  const digest = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex");
  return `t=${seconds},v1=${digest}`;
}

/** Seconds, or a date. */
function retryAfterFrom(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(RETRY_AFTER_MS, Math.max(0, waitMs));
}

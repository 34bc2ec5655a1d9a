import { z } from "zod";
import { eventText } from "./event_text.ts";
import { Outbox, type Refusals } from "./outbox.ts";
import { inTime } from "./in_time.ts";
import { type PeerAddress, peerAddress, shownAddress, unescaped } from "./peer_address.ts";
import { SendError } from "./send_error.ts";
import { sharedOptions } from "./shared_options.ts";
import type { Sink, SinkContext, SinkPlugin } from "./sink.ts";
import { tellError } from "./tell_error.ts";

const template = z.string().min(1).max(500);

/** Options of the sink `redis`. */
export const redisSchema = z.strictObject({
  kind: z.literal("redis"),
  url: z.url({ protocol: /^rediss?$/, hostname: /./ }).max(4096).describe(
    "redis://[user:password@]host[:port][/database]; rediss: with TLS",
  ),
  stream: template.nullable().default("weir:{stream}")
    .describe(
      "key of the Redis stream that gets every event as field `event`; {stream} and {type} are put in; null: none",
    ),
  maxLength: z.int().min(1).max(1_000_000_000).default(10_000).describe(
    "about how many entries the Redis stream keeps",
  ),
  channel: template.optional().describe("channel to publish every event on; {stream} and {type} are put in"),
  timeoutMs: z.int().min(10).max(120_000).default(5000).describe("longest wait for connecting or for an answer"),
  ca: z.string().max(65_536).startsWith("-----BEGIN CERTIFICATE-----").optional()
    .describe("certificate of who signed the peer's, PEM"),
  ...sharedOptions,
}).refine(({ stream, channel }) => stream !== null || channel !== undefined, {
  path: ["channel"],
  message: "needs a stream or a channel, or there is nowhere to send to",
});

/** What {@link redisSchema} makes. */
export type RedisConfig = z.infer<typeof redisSchema>;

/** Events sent at a time. */
const BATCH = 128;

/** Adds events to a Redis stream, publishes them, or both. */
export const redis: SinkPlugin<RedisConfig> = {
  kind: "redis",
  describe: "a Redis stream or channel",
  schema: redisSchema,
  secrets: [],
  redacted: ({ url }) => shownAddress(new URL(url)),
  open: (config, context) => new RedisSink(config, context),
};

type Client = Awaited<ReturnType<typeof makeClient>>;

/** A client that tries once: who waits for a peer, and how long, is decided by the outbox alone. */
async function makeClient(
  { url, host, servername, timeoutMs, ca }: PeerAddress & { url: URL; timeoutMs: number; ca?: string },
) {
  // Loaded when it is needed: it takes a fifth of a second, which most programs need not wait for.
  const { createClient } = await import("redis");
  const socket = { host, port: Number(url.port || 6379), connectTimeout: timeoutMs, reconnectStrategy: false as const };
  return createClient({
    socket: url.protocol === "rediss:" ? { ...socket, tls: true, servername, ca } : socket,
    username: unescaped(url.username),
    password: unescaped(url.password),
    database: Number(/^\/(\d+)$/.exec(url.pathname)?.[1] ?? 0),
    disableOfflineQueue: true,
    commandsQueueMaxLength: BATCH * 4,
  });
}

interface Item {
  type: string;
  text: string;
}

class RedisSink implements Sink {
  #url: URL;
  #client: Client | undefined;
  #outbox: Outbox<Item>;

  constructor(private readonly config: RedisConfig, private readonly context: SinkContext) {
    const url = this.#url = new URL(config.url);
    const { now = Date.now, flushMs = 5000 } = context;
    this.#outbox = new Outbox<Item>({
      ...config,
      sizeBytes: ({ text }) => text.length * 2,
      batch: BATCH,
      connect: (signal) => this.#connect(signal),
      send: (items, signal) => this.#send(items, signal),
      tell: (error) =>
        `Cannot send to ${shownAddress(url)}: ${tellError(error, [url.password, unescaped(url.password)])}`,
      now,
      flushMs,
    });
  }

  push(event: Parameters<Sink["push"]>[0]): void {
    this.#outbox.push({ type: event.type, text: eventText(event) });
  }

  status() {
    return this.#outbox.status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox[Symbol.asyncDispose]();
    this.#disconnect();
  }

  async #connect(signal: AbortSignal): Promise<void> {
    this.#disconnect();
    const url = this.#url;
    const { host, servername } = await peerAddress(url, this.context);
    const { timeoutMs, ca } = this.config;
    const client = await makeClient({ url, host, servername, timeoutMs, ca });
    this.#client = client;
    client.on("error", (error) => {
      if (this.#client === client) this.#outbox.lost(error);
    });
    try {
      await inTime(client.connect(), { timeoutMs, signal });
    } catch (error) {
      this.#disconnect();
      throw error;
    }
  }

  async #send(items: readonly Item[], signal: AbortSignal): Promise<Refusals> {
    const client = this.#client;
    if (!client?.isReady) throw new SendError("away", "the connection is gone");
    const { stream, channel, maxLength, timeoutMs } = this.config;
    const place = (name: string, type: string) =>
      name.replace(/\{(stream|type)\}/g, (_, key) => key === "type" ? type : this.context.stream);
    const trim = { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: maxLength } } as const;
    // Commands of one turn travel together.
    const sent = items.map(({ type, text }) =>
      Promise.all([
        stream !== null && client.xAdd(place(stream, type), "*", { event: text }, trim),
        channel !== undefined && client.publish(place(channel, type), text),
      ])
    );
    const outcomes = await inTime(Promise.allSettled(sent), { timeoutMs, signal });
    const errors = outcomes.flatMap((outcome) => outcome.status === "rejected" ? [outcome.reason as Error] : []);
    const away = errors.find((error) => !isRefusal(error));
    if (away) throw away;
    return { refused: errors.length, error: errors[0] };
  }

  #disconnect(): void {
    const client = this.#client;
    this.#client = undefined;
    try {
      client?.destroy();
    } catch {
      // It was closed already.
    }
  }
}

/**
 * A key of another type never takes what it was sent; a full, loading or read-only server will later. Only replies begin
 * like this.
 */
function isRefusal(error: Error): boolean {
  return /^(?:WRONGTYPE|NOPERM|ERR)\b/.test(error.message);
}

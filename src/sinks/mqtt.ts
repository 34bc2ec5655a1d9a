import { Buffer } from "node:buffer";
import type { IClientOptions, MqttClient } from "mqtt";
import { z } from "zod";
import type { LogEvent } from "../core/events.ts";
import { eventText } from "./event_text.ts";
import { inTime } from "./in_time.ts";
import { type MqttMessage, MqttTopics } from "./mqtt_topics.ts";
import { Outbox } from "./outbox.ts";
import { peerAddress, shownAddress, unescaped } from "./peer_address.ts";
import { Presence, type PresenceChange } from "./presence.ts";
import { SendError } from "./send_error.ts";
import { sharedOptions } from "./shared_options.ts";
import type { Sink, SinkContext, SinkPlugin } from "./sink.ts";
import { tellError } from "./tell_error.ts";

const topic = z.string().regex(/^[^+#\0/\s][^+#\0\s]{0,200}(?<!\/)$/, "must be a topic without wildcards or spaces");

/** Options of the sink `mqtt`. */
export const mqttSchema = z.strictObject({
  kind: z.literal("mqtt"),
  url: z.url({ protocol: /^mqtts?$/, hostname: /./ }).max(4096).describe(
    "mqtt://[user:password@]host[:port]; mqtts: with TLS",
  ),
  prefix: topic.default("weir").describe("topics are <prefix>/<stream>/result, …/state, …/alert and …/availability"),
  qos: z.literal([0, 1, 2]).default(1).describe("quality of service of every message"),
  homeAssistant: z.strictObject({
    prefix: topic.default("homeassistant").describe("where Home Assistant listens for discovery"),
    labels: z.array(z.string().min(1).max(100)).max(200).default(["person"])
      .describe("labels that get a sensor of presence and one of their count"),
    absentMs: z.int().min(10).max(3_600_000).default(5000).describe("a label unseen for this long is gone"),
    countMs: z.int().min(0).max(3_600_000).default(1000).describe("shortest time between two counts of a label"),
  }).optional().describe("makes the stream a device in Home Assistant: presence, counts and alerts"),
  timeoutMs: z.int().min(10).max(120_000).default(10_000).describe(
    "longest wait for connecting or for an acknowledgement",
  ),
  keepaliveS: z.int().min(1).max(65_535).default(30).describe(
    "seconds of silence after which the connection is probed",
  ),
  ca: z.string().max(65_536).startsWith("-----BEGIN CERTIFICATE-----").optional()
    .describe("certificate of who signed the peer's, PEM"),
  ...sharedOptions,
});

/** What {@link mqttSchema} makes. */
export type MqttConfig = z.infer<typeof mqttSchema>;

/** Events sent at a time. */
const BATCH = 32;
/** How often to look who has gone, while somebody is there. */
const LOOK_MS = 250;

/** Publishes events over MQTT. */
export const mqtt: SinkPlugin<MqttConfig> = {
  kind: "mqtt",
  describe: "an MQTT broker, and Home Assistant through it",
  schema: mqttSchema,
  secrets: [],
  redacted: ({ url }) => shownAddress(new URL(url)),
  open: (config, context) => new MqttSink(config, context),
};

interface Item {
  messages: MqttMessage[];
  /** Whether it stands for an event, or only for what time has changed. */
  event: boolean;
}

class MqttSink implements Sink {
  #url: URL;
  #topics: MqttTopics;
  #presence: Presence | undefined;
  #client: MqttClient | undefined;
  #outbox: Outbox<Item>;
  #now: () => number;
  #look: ReturnType<typeof setInterval> | undefined;
  /** Whether the stream has results to give, as far as it has said. */
  #alive = true;
  #ending: Promise<void> | undefined;
  #clientId = `weir-${crypto.randomUUID().slice(0, 18)}`;

  constructor(private readonly config: MqttConfig, private readonly context: SinkContext) {
    const { prefix, homeAssistant } = config;
    const { stream, now = Date.now, flushMs = 5000 } = context;
    const url = this.#url = new URL(config.url);
    this.#now = now;
    this.#topics = new MqttTopics({ prefix, stream, ...(homeAssistant && { homeAssistant }) });
    if (homeAssistant) this.#presence = new Presence(homeAssistant);
    this.#outbox = new Outbox<Item>({
      ...config,
      sizeBytes: ({ messages }) =>
        messages.reduce((sum, { payload, topic }) => sum + 2 * (payload.length + topic.length), 0),
      events: ({ event }) => event ? 1 : 0,
      batch: BATCH,
      connect: (signal) => this.#connect(signal),
      send: (items, signal) => this.#publish(items.flatMap(({ messages }) => messages), signal),
      tell: (error) =>
        `Cannot send to ${shownAddress(url)}: ${tellError(error, [url.password, unescaped(url.password)])}`,
      now,
      flushMs,
    });
  }

  push(event: LogEvent): void {
    const messages = [{
      topic: this.#topics.of(event.type),
      payload: eventText(event),
      retain: event.type === "state",
    }];
    if (event.type === "state" && this.#alive !== (event.state === "running")) {
      this.#alive = event.state === "running";
      messages.push(this.#topics.availability(this.#alive));
    }
    if (this.#presence && event.type === "result") {
      messages.push(...this.#told(this.#presence.push(event, this.#now())));
      if (this.#presence.busy && !this.#ending) this.#look ??= setInterval(() => this.#lookAgain(), LOOK_MS);
    }
    if (this.#presence && event.type === "alert") {
      const payload = JSON.stringify({ event_type: "alert", alert: event.alert, message: event.message, at: event.at });
      messages.push({ topic: this.#topics.of("home_assistant_event"), payload, retain: false });
      if (event.picture) messages.push(this.#topics.alertPicture(event.picture.jpeg));
    }
    this.#outbox.push({ messages, event: true });
  }

  status() {
    return this.#outbox.status();
  }

  /** Also takes back what brokers keep of the stream: its state, its availability, its entities. */
  remove(): Promise<void> {
    return this.#ending ??= this.#end(this.#topics.removal());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#end([this.#topics.availability(false)]);
  }

  async #end(lastWords: MqttMessage[]): Promise<void> {
    clearInterval(this.#look);
    await this.#outbox[Symbol.asyncDispose]();
    // A broker that is away keeps what it has: it cannot be told.
    if (this.#client?.connected) await this.#publish(lastWords).catch(() => {});
    await this.#disconnect({ politely: true });
  }

  #lookAgain(): void {
    const messages = this.#told(this.#presence!.due(this.#now()));
    if (messages.length > 0) this.#outbox.push({ messages, event: false });
    if (this.#presence!.busy) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #told(changes: PresenceChange[]): MqttMessage[] {
    return changes.flatMap((change) => this.#topics.presence(change));
  }

  async #connect(signal: AbortSignal): Promise<void> {
    await this.#disconnect();
    const { timeoutMs } = this.config;
    // Loaded when it is needed: most programs never do, and need not wait for it.
    const { default: client } = await import("mqtt");
    const connection = client.connect(await this.#clientOptions());
    this.#client = connection;
    const opened = new Promise<void>((resolve, reject) => {
      connection.once("connect", () => resolve());
      connection.on("error", reject);
      connection.on("close", () => {
        const error = new SendError("away", "the connection was closed");
        reject(error);
        if (this.#client === connection) this.#outbox.lost(error);
      });
    });
    try {
      await inTime(opened, { timeoutMs, signal });
      await this.#publish(this.#greeting(), signal);
      await inTime(this.#listen(connection), { timeoutMs, signal });
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
  }

  /**
   * A process that crashed has left a last will, which the broker may speak only after its successor has said that all is
   * well: such words are set right.
   */
  async #listen(connection: MqttClient): Promise<void> {
    const { topic, payload } = this.#topics.availability(false);
    connection.on("message", (about, said) => {
      if (about !== topic || said.toString() !== payload || !this.#alive || this.#ending) return;
      this.#outbox.push({ messages: [this.#topics.availability(true)], event: false });
    });
    // Who may publish need not be allowed to listen.
    await connection.subscribeAsync(topic, { qos: this.config.qos }).catch(() => {});
  }

  async #clientOptions(): Promise<IClientOptions> {
    const url = this.#url;
    const { timeoutMs, keepaliveS, ca, qos } = this.config;
    const { host, servername } = await peerAddress(url, this.context);
    const secure = url.protocol === "mqtts:";
    const { topic, payload, retain } = this.#topics.availability(false);
    return {
      protocol: secure ? "mqtts" : "mqtt",
      host,
      port: Number(url.port || (secure ? 8883 : 1883)),
      // The same for every connection: a broker that has not noticed the end of the last one ends it now.
      clientId: this.#clientId,
      username: unescaped(url.username),
      password: unescaped(url.password),
      keepalive: keepaliveS,
      connectTimeout: timeoutMs,
      // Who waits for a peer, and how long, is decided by the outbox alone.
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic, payload: Buffer.from(payload), retain, qos },
      ...(secure && servername !== undefined && { servername }),
      ...(secure && ca !== undefined && { ca }),
    };
  }

  /** What every broker is told first: it may have forgotten. */
  #greeting(): MqttMessage[] {
    return [
      this.#topics.availability(this.#alive),
      ...this.#topics.discovery(),
      ...this.#told(this.#presence?.current() ?? []),
    ];
  }

  async #publish(messages: readonly MqttMessage[], signal = new AbortController().signal): Promise<void> {
    const connection = this.#client;
    if (!connection?.connected) throw new SendError("away", "the connection is gone");
    const { qos, timeoutMs } = this.config;
    const published = messages.map(({ topic, payload, retain }) =>
      connection.publishAsync(topic, payload, { qos, retain })
    );
    await inTime(Promise.all(published), { timeoutMs, signal });
  }

  async #disconnect({ politely = false } = {}): Promise<void> {
    const connection = this.#client;
    this.#client = undefined;
    if (!connection) return;
    connection.on("error", () => {});
    const ended = connection.endAsync(!politely || !connection.connected);
    await inTime(ended, { timeoutMs: 2000, signal: new AbortController().signal }).catch(() =>
      connection.stream?.destroy()
    );
  }
}

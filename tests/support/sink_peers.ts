import { Buffer } from "node:buffer";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { createClient } from "redis";
import { freeTcpPort, Gate } from "./gate.ts";
import { until } from "./until.ts";

/** What must never show. */
export const SINK_SECRET = "s3cr3t-0f-the-sink";

/** A sink's other end, which comes and goes when told. */
export interface SinkPeer extends AsyncDisposable {
  /** What the sink needs to know of it. */
  config: { kind: string; [option: string]: unknown };
  start(): Promise<void>;
  /** Dies, without a word. */
  stop(): Promise<void>;
  /** Takes nothing more, though it is there. Not every peer can. */
  stick?(): void;
  loosen?(): void;
  /** Numbers of the results it has been sent, in their order, duplicates left out. */
  received(): Promise<number[]>;
}

/** Whether a program is installed; says so where it is not. */
export async function hasProgram(name: string, what: string): Promise<boolean> {
  const found = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" }).output();
  if (!found.success) {
    Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${what} wants ${name}, which is not here\n`));
  }
  return found.success;
}

/** The directory that `jsonl` writes to; it dies of a full disk. */
export class JsonlPeer implements SinkPeer {
  config = { kind: "jsonl", file: "events.jsonl" };
  #path: string;
  #was = "";

  constructor(readonly directory: string) {
    this.#path = join(directory, "events.jsonl");
    Deno.symlinkSync("/dev/full", this.#path);
  }

  async start(): Promise<void> {
    if (!this.#was) return await Deno.remove(this.#path);
    // In one step: between two, the sink makes a file of its own, which must not be written over.
    const whole = `${this.#path}-whole`;
    await Deno.writeTextFile(whole, this.#was);
    await Deno.rename(whole, this.#path);
  }

  async stop(): Promise<void> {
    this.#was = await Deno.readTextFile(this.#path).catch(() => "");
    const full = `${this.#path}-full`;
    await Deno.symlink("/dev/full", full);
    await Deno.rename(full, this.#path);
  }

  async received(): Promise<number[]> {
    const info = await Deno.lstat(this.#path).catch(() => undefined);
    if (!info?.isFile) return [];
    const lines = (await Deno.readTextFile(this.#path)).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "result").map(({ seq }) => seq);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A request that a webhook's receiver got. */
export interface Received {
  headers: Headers;
  body: string;
}

/** A receiver of webhooks that misbehaves on command. */
export class WebhookPeer implements SinkPeer {
  requests: Received[] = [];
  /** What it answers; default 204. */
  answer: (request: Received) => Response = () => new Response(null, { status: 204 });
  config: SinkPeer["config"];
  #port = freeTcpPort();
  #gate = new Gate(this.#port);
  #server: Deno.HttpServer | undefined;

  constructor() {
    this.config = {
      kind: "webhook",
      url: `http://${SINK_SECRET}:${SINK_SECRET}@127.0.0.1:${this.#gate.port}/${SINK_SECRET}?key=${SINK_SECRET}`,
      secret: SINK_SECRET,
      headers: { "x-api-key": SINK_SECRET },
    };
  }

  start(): Promise<void> {
    this.#server = Deno.serve({ port: this.#port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const received = { headers: request.headers, body: await request.text() };
      const answer = this.answer(received);
      this.requests.push(received);
      return answer;
    });
    this.#gate.open();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#gate.shut();
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  stick(): void {
    this.#gate.stick();
  }

  loosen(): void {
    this.#gate.loosen();
  }

  received(): Promise<number[]> {
    const events = this.requests.map(({ body }) => JSON.parse(body)).flatMap((body) => body.events ?? [body]);
    return Promise.resolve([...new Set(events.filter(({ type }) => type === "result").map(({ seq }) => seq))]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

abstract class ProcessPeer implements SinkPeer {
  protected readonly port = freeTcpPort();
  protected readonly gate = new Gate(this.port);
  protected readonly seen = new Set<number>();
  #child: Deno.ChildProcess | undefined;

  abstract config: SinkPeer["config"];
  protected abstract command(): Promise<[program: string, ...args: string[]]>;
  /** Begins to see what the sink sends; tried until it works. */
  protected abstract watch(): Promise<void>;
  protected abstract unwatch(): Promise<void>;

  async start(): Promise<void> {
    const [program, ...args] = await this.command();
    this.#child = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    await until(() => this.watch().then(() => true, () => false), () => `${program} answers`);
    this.gate.open();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    await child.status;
    await this.gate.shut();
    await this.unwatch();
  }

  /** Cuts what is connected; who comes back is let in. */
  async cut(): Promise<void> {
    await this.gate.shut();
    this.gate.open();
  }

  stick(): void {
    this.gate.stick();
  }

  loosen(): void {
    this.gate.loosen();
  }

  received(): Promise<number[]> {
    return Promise.resolve([...this.seen]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** A real Redis. */
export class RedisPeer extends ProcessPeer {
  override config = {
    kind: "redis",
    url: `redis://:${SINK_SECRET}@127.0.0.1:${this.gate.port}`,
    stream: "weir:{stream}:{type}",
  };
  #client: ReturnType<RedisPeer["connection"]> | undefined;

  /** A connection of the test's own. */
  connection() {
    const socket = { host: "127.0.0.1", port: this.port, reconnectStrategy: false as const };
    const client = createClient({ socket, password: SINK_SECRET });
    client.on("error", () => {});
    return client;
  }

  protected override command(): Promise<[string, ...string[]]> {
    const options = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", SINK_SECRET];
    return Promise.resolve(["redis-server", ...options]);
  }

  protected override async watch(): Promise<void> {
    const client = this.connection();
    await client.connect();
    this.#client = client;
  }

  protected override unwatch(): Promise<void> {
    if (this.#client?.isOpen) this.#client.destroy();
    this.#client = undefined;
    return Promise.resolve();
  }

  override async received(): Promise<number[]> {
    const entries = await this.#client?.xRange("weir:gate:result", "-", "+") ?? [];
    for (const { message } of entries) this.seen.add(JSON.parse(message.event).seq);
    return [...this.seen];
  }
}

/** A real MQTT broker. */
export class MqttPeer extends ProcessPeer {
  override config: SinkPeer["config"] = {
    kind: "mqtt",
    url: `mqtt://weir:${SINK_SECRET}@127.0.0.1:${this.gate.port}`,
  };
  /** What it was told since it was started, latest last. */
  messages: { topic: string; payload: string; retain: boolean }[] = [];
  #file: string | undefined;
  #client: MqttClient | undefined;

  protected override async command(): Promise<[string, ...string[]]> {
    this.#file ??= await Deno.makeTempFile({ suffix: ".conf" });
    // The broker gives up its rights before it reads this.
    await Deno.chmod(this.#file, 0o644);
    await Deno.writeTextFile(this.#file, `listener ${this.port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    return ["mosquitto", "-c", this.#file];
  }

  /** A connection of the test's own. */
  async connection(): Promise<MqttClient> {
    const client = mqtt.connect({ protocol: "mqtt", host: "127.0.0.1", port: this.port, reconnectPeriod: 0 });
    try {
      await new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.on("error", reject);
        client.once("close", () => reject(new Error("closed")));
      });
    } catch (error) {
      await client.endAsync(true);
      throw error;
    }
    return client;
  }

  protected override async watch(): Promise<void> {
    this.messages = [];
    const client = this.#client = await this.connection();
    client.on("message", (topic: string, payload: Buffer, { retain }: { retain: boolean }) => {
      const text = Buffer.from(payload).toString();
      this.messages.push({ topic, payload: text, retain });
      if (topic === "weir/gate/result") this.seen.add(JSON.parse(text).seq);
    });
    await client.subscribeAsync("#", { qos: 1 });
  }

  protected override async unwatch(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    if (this.#file) await Deno.remove(this.#file);
  }
}

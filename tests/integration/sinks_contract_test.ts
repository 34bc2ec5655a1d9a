import assert from "node:assert/strict";
import { parseSinkConfig, shownSinkConfig, sinkNamed, sinks } from "../../src/sinks/registry.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import {
  hasProgram,
  JsonlPeer,
  MqttPeer,
  RedisPeer,
  SINK_SECRET,
  type SinkPeer,
  WebhookPeer,
} from "../support/sink_peers.ts";
import { resultOf } from "../support/sink_events.ts";
import { until } from "../support/until.ts";

const CAPACITY = 50;

const peers: Record<string, { here: boolean; make(directory: string): SinkPeer }> = {
  jsonl: { here: Deno.build.os === "linux", make: (directory) => new JsonlPeer(directory) },
  webhook: { here: true, make: () => new WebhookPeer() },
  redis: { here: await hasProgram("redis-server", "the contract of the sink redis"), make: () => new RedisPeer() },
  mqtt: { here: await hasProgram("mosquitto", "the contract of the sink mqtt"), make: () => new MqttPeer() },
};

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A sink with its peer, and an eye on what it says of itself. */
class Bench implements AsyncDisposable {
  sink: Sink;
  readonly #config;
  #told: string[] = [];

  constructor(
    kind: string,
    readonly peer: SinkPeer,
    private readonly directory: string,
    more: Record<string, unknown> = {},
  ) {
    const retry = { initialMs: 10, maxMs: 50 };
    this.#config = parseSinkConfig({ ...peer.config, retry, capacity: CAPACITY, ...more });
    const { redacted } = sinkNamed(kind);
    this.#told.push(redacted(this.#config), JSON.stringify(shownSinkConfig(this.#config)));
    this.sink = this.#open();
  }

  #open(): Sink {
    return sinkNamed(this.#config.kind).open(this.#config, {
      stream: "gate",
      directory: this.directory,
      flushMs: 20_000,
    });
  }

  /** A new process, as it were. */
  reopen(): void {
    this.sink = this.#open();
  }

  push(from: number, to: number): void {
    for (const seq of numbers(from, to)) this.sink.push(resultOf(seq));
  }

  status() {
    const status = this.sink.status();
    this.#told.push(JSON.stringify(status));
    return status;
  }

  async reaches(what: string, holds: (status: ReturnType<Sink["status"]>) => boolean): Promise<void> {
    await until(() => holds(this.status()), () => `${what}: ${JSON.stringify(this.sink.status())}`);
  }

  async delivers(...seqs: number[]): Promise<void> {
    let received: number[] = [];
    const all = async () =>
      seqs.every((seq) => received.includes(seq)) || ((received = await this.peer.received()), false);
    await until(all, () => `${seqs} arrive; ${received} did; ${JSON.stringify(this.sink.status())}`);
    assert.deepEqual(received.filter((seq) => seqs.includes(seq)), seqs, "in their order");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sink[Symbol.asyncDispose]();
    this.status();
    await this.peer[Symbol.asyncDispose]();
    for (const words of this.#told) assert.ok(!words.includes(SINK_SECRET), `it told a secret: ${words}`);
  }
}

function contract(kind: string, name: string, test: (bench: Bench) => Promise<void>, needs?: "stick"): void {
  const { here, make } = peers[kind];
  if (needs && kind === "jsonl") return;
  Deno.test({
    name: `${kind}: ${name}`,
    ignore: !here,
    async fn() {
      const directory = await Deno.makeTempDir();
      try {
        await using bench = new Bench(kind, make(directory), directory, needs ? { timeoutMs: 300 } : {});
        await test(bench);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

Deno.test("every kind of sink is held to the contract", () => {
  assert.deepEqual(sinks.map(({ kind }) => kind).sort(), Object.keys(peers).sort());
});

for (const { kind } of sinks) {
  contract(kind, "opens without its peer, and delivers when that comes", async (bench) => {
    bench.push(1, 6);
    await bench.reaches(
      "it says that it fails",
      ({ state, lastError }) => state === "failing" && lastError !== undefined,
    );
    assert.equal(bench.status().waiting, 5);
    assert.equal(bench.status().sent, 0);
    await bench.peer.start();
    await bench.delivers(1, 2, 3, 4, 5);
    await bench.reaches("all is well", ({ state, waiting, sent }) => state === "ok" && waiting === 0 && sent === 5);
    assert.ok(bench.status().lastSentAtMs! > 0);
  });

  contract(kind, "outlives the death of its peer, and loses nothing that has room to wait", async (bench) => {
    await bench.peer.start();
    bench.push(1, 4);
    await bench.delivers(1, 2, 3);
    await bench.reaches("they count as sent", ({ sent }) => sent === 3);
    for (const round of [1, 2]) {
      await bench.peer.stop();
      bench.push(round * 10, round * 10 + 3);
      await bench.reaches("it says that it fails", ({ state }) => state === "failing");
      await bench.peer.start();
      await bench.delivers(...numbers(round * 10, round * 10 + 3));
      await bench.reaches("all is well", ({ state, waiting }) => state === "ok" && waiting === 0);
    }
    assert.equal(bench.status().sent, 9);
    assert.equal(bench.status().dropped, 0);
  });

  contract(kind, "never holds more than its bound, and accounts for everything", async (bench) => {
    await bench.peer.start();
    const count = CAPACITY * 4;
    bench.push(0, count);
    assert.ok(bench.status().waiting <= CAPACITY);
    await bench.reaches("all is decided", ({ waiting }) => waiting === 0);
    const { sent, dropped } = bench.status();
    assert.equal(sent + dropped, count);
    assert.ok(dropped >= count - CAPACITY - 1);
    await bench.delivers(...numbers(count - CAPACITY + 1, count));
  });

  contract(
    kind,
    "a peer that hangs costs the oldest events and no memory, and is used again when it moves",
    async (bench) => {
      await bench.peer.start();
      bench.push(0, 1);
      await bench.delivers(0);
      bench.peer.stick!();
      for (let from = 1; from < 400; from += 20) {
        bench.push(from, from + 20);
        assert.ok(bench.status().sent <= 1);
        if (kind !== "webhook") assert.ok(bench.status().waiting <= 2 * CAPACITY);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await bench.reaches("it says that it fails", ({ state }) => state === "failing");
      bench.peer.loosen!();
      await bench.delivers(400);
      await bench.reaches("all is well", ({ state, waiting }) => state === "ok" && waiting === 0);
      const { sent, dropped } = bench.status();
      assert.equal(sent + dropped, 401);
    },
    "stick",
  );

  contract(kind, "disposing sends what waits, twice is once, and later events only count", async (bench) => {
    await bench.peer.start();
    bench.push(0, 1);
    await bench.delivers(0);
    bench.push(1, 40);
    await Promise.all([bench.sink[Symbol.asyncDispose](), bench.sink[Symbol.asyncDispose]()]);
    const { state, waiting, sent } = bench.status();
    assert.deepEqual({ state, waiting, sent }, { state: "closed", waiting: 0, sent: 40 });
    bench.push(40, 41);
    assert.equal(bench.status().dropped, 1);
    await bench.delivers(...numbers(0, 40));
  });

  contract(kind, "disposing without a peer gives up at once, and accounts for what it had", async (bench) => {
    bench.push(0, 10);
    await bench.reaches("it says that it fails", ({ state }) => state === "failing");
    await bench.sink[Symbol.asyncDispose]();
    const { state, waiting, dropped } = bench.status();
    assert.equal(state, "closed");
    // What the webhook keeps on disk waits for the next process.
    assert.deepEqual(
      { waiting, dropped },
      kind === "webhook" ? { waiting: 10, dropped: 0 } : { waiting: 0, dropped: 10 },
    );
    if (kind !== "webhook") return;
    await bench.peer.start();
    bench.reopen();
    await bench.delivers(...numbers(0, 10));
    await bench.reaches("all is well", ({ waiting }) => waiting === 0);
  });
}

import assert from "node:assert/strict";
import { parseSinkConfig, sinkNamed } from "../../src/sinks/registry.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { alertOf, resultOf } from "../support/sink_events.ts";
import { hasProgram, RedisPeer, SINK_SECRET } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";

const here = await hasProgram("redis-server", "the test of Redis' streams and channels");

function open(config: Record<string, unknown>): Sink {
  const parsed = parseSinkConfig({ retry: { initialMs: 5, maxMs: 20 }, ...config });
  return sinkNamed("redis").open(parsed, { stream: "gate", directory: "/nonexistent", flushMs: 20_000 });
}

async function withPeer(
  test: (peer: RedisPeer, client: ReturnType<RedisPeer["connection"]>) => Promise<void>,
): Promise<void> {
  await using peer = new RedisPeer();
  await peer.start();
  const client = peer.connection();
  await client.connect();
  try {
    await test(peer, client);
  } finally {
    client.destroy();
  }
}

const settled = (sink: Sink) => until(() => sink.status().waiting === 0, () => JSON.stringify(sink.status()));

Deno.test({
  name: "events go to the stream, which stays about as long as wished, and to the channel",
  ignore: !here,
  fn: () =>
    withPeer(async (peer, client) => {
      const heard: string[] = [];
      const subscriber = peer.connection();
      await subscriber.connect();
      await subscriber.subscribe("results/gate/alert", (text) => void heard.push(text));
      await using sink = open({
        ...peer.config,
        stream: "weir:{stream}",
        channel: "results/{stream}/{type}",
        maxLength: 100,
        capacity: 5000,
      });
      for (let seq = 0; seq < 2000; seq++) sink.push(resultOf(seq));
      sink.push(alertOf("hello"));
      await settled(sink);
      assert.equal(sink.status().sent, 2001);
      const [{ message }] = (await client.xRevRange("weir:gate", "+", "-", { COUNT: 1 }))!;
      assert.deepEqual(JSON.parse(message.event), alertOf("hello"));
      const length = await client.xLen("weir:gate");
      assert.ok(length >= 100 && length < 400, `${length} entries`);
      await until(() => heard.length === 1, () => `${heard.length} heard`);
      assert.deepEqual(JSON.parse(heard[0]), alertOf("hello"));
      subscriber.destroy();
    }),
});

Deno.test({
  name: "a key that is something else is refused once and for all; a full server is waited for",
  ignore: !here,
  fn: () =>
    withPeer(async (peer, client) => {
      await client.set("taken:alert", "by a string");
      await using wrong = open({ ...peer.config, stream: "taken:{type}" });
      for (const event of [resultOf(1), alertOf("refused"), resultOf(2)]) wrong.push(event);
      await settled(wrong);
      assert.equal(await client.xLen("taken:result"), 2);
      assert.deepEqual([wrong.status().state, wrong.status().sent], ["ok", 2]);
      assert.equal(wrong.status().dropped, 1);
      assert.match(wrong.status().lastError!, /^Cannot send to redis:\/\/127\.0\.0\.1:\d+: WRONGTYPE/);
      await client.configSet("maxmemory", "1");
      await using full = open(peer.config);
      full.push(resultOf(2));
      // Between two tries it is connected, and so well for a moment.
      const waits = () => full.status().state === "failing" && full.status().waiting === 1;
      await until(() => /OOM/.test(full.status().lastError ?? "") && waits(), () => JSON.stringify(full.status()));
      await client.configSet("maxmemory", "0");
      await until(() => full.status().sent === 1, () => JSON.stringify(full.status()));
    }),
});

Deno.test({
  name: "a wrong password is told without being told",
  ignore: !here,
  fn: () =>
    withPeer(async (peer) => {
      const url = peer.config.url.replace(SINK_SECRET, `wrong-${SINK_SECRET}`);
      await using sink = open({ ...peer.config, url });
      sink.push(resultOf(1));
      await until(() => /WRONGPASS/.test(sink.status().lastError ?? ""), () => JSON.stringify(sink.status()));
      assert.ok(!JSON.stringify(sink.status()).includes(SINK_SECRET));
      await until(() => sink.status().state === "failing", () => JSON.stringify(sink.status()));
      assert.equal(sink.status().waiting, 1);
    }),
});

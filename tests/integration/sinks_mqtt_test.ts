import assert from "node:assert/strict";
import { SinkSet } from "../../src/sinks/fan_out.ts";
import { parseSinkConfig, parseSinkConfigs, sinkNamed } from "../../src/sinks/registry.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { alertOf, resultOf, stateOf } from "../support/sink_events.ts";
import { hasProgram, MqttPeer } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";

const here = await hasProgram("mosquitto", "the test of MQTT's topics");

function open(config: Record<string, unknown>): Sink {
  const parsed = parseSinkConfig({ retry: { initialMs: 5, maxMs: 20 }, ...config });
  return sinkNamed("mqtt").open(parsed, { stream: "gate", directory: "/nonexistent", flushMs: 20_000 });
}

/** What the broker keeps: the latest of every topic that a newcomer is sent. */
async function retained(peer: MqttPeer): Promise<Record<string, string>> {
  const client = await peer.connection();
  const kept: Record<string, string> = {};
  client.on("message", (topic: string, payload: Uint8Array) => kept[topic] = new TextDecoder().decode(payload));
  await client.subscribeAsync("#", { qos: 1 });
  // What is kept comes before what is published after subscribing.
  await client.publishAsync("marker", "", { qos: 1 });
  await until(() => "marker" in kept, () => "the marker comes back");
  delete kept.marker;
  await client.endAsync();
  return kept;
}

const told = (peer: MqttPeer, topic: string) =>
  peer.messages.filter((message) => message.topic === topic).map(({ payload }) => payload);

/** What was told, repetitions left out. */
const changes = (peer: MqttPeer, topic: string) =>
  told(peer, topic).filter((payload, index, all) => payload !== all[index - 1]);

Deno.test({
  name: "events have topics of their type; availability follows the stream, and the last will tells of a death",
  ignore: !here,
  async fn() {
    await using peer = new MqttPeer();
    await peer.start();
    const sink = open({ ...peer.config, prefix: "home/weir" });
    for (const event of [stateOf("running"), resultOf(1), alertOf("hello"), stateOf("stalled"), stateOf("running")]) {
      sink.push(event);
    }
    await until(() => sink.status().sent === 5, () => JSON.stringify(sink.status()));
    await until(() => told(peer, "home/weir/gate/state").length === 3, () => JSON.stringify(peer.messages));
    assert.deepEqual(told(peer, "home/weir/gate/result").map((text) => JSON.parse(text)), [resultOf(1)]);
    assert.deepEqual(told(peer, "home/weir/gate/alert").map((text) => JSON.parse(text)), [alertOf("hello")]);
    assert.deepEqual(changes(peer, "home/weir/gate/availability"), ["online", "offline", "online"]);
    assert.deepEqual(await retained(peer), {
      "home/weir/gate/state": JSON.stringify(stateOf("running")),
      "home/weir/gate/availability": "online",
    });
    // The connection is cut: the broker speaks for the one that is gone, until it is back.
    await peer.cut();
    await until(
      () => changes(peer, "home/weir/gate/availability").slice(3).join() === "offline,online",
      () => JSON.stringify(peer.messages),
    );
    await sink[Symbol.asyncDispose]();
    assert.equal((await retained(peer))["home/weir/gate/availability"], "offline");
  },
});

Deno.test({
  name: "Home Assistant finds the stream, sees who is there, is told of alerts, and forgets it when it is removed",
  ignore: !here,
  async fn() {
    await using peer = new MqttPeer();
    await peer.start();
    const labels = ["person", "traffic light"];
    const sink = open({ ...peer.config, homeAssistant: { labels, absentMs: 100, countMs: 0 } });
    sink.push(stateOf("running"));
    sink.push(resultOf(1, ["person", "person", "dog"]));
    sink.push({ ...alertOf("somebody stands there"), picture: { width: 2, height: 1, jpeg: "/9j/2Q==" } });
    await until(
      () =>
        told(peer, "weir/gate/presence/person").at(-1) === "OFF" &&
        told(peer, "weir/gate/presence/person").includes("ON"),
      () => JSON.stringify(peer.messages),
    );
    assert.deepEqual(told(peer, "weir/gate/presence/person").slice(-2), ["ON", "OFF"]);
    await until(() => told(peer, "weir/gate/count/person").at(-1) === "0", () => JSON.stringify(peer.messages));
    assert.deepEqual(told(peer, "weir/gate/count/person").slice(-2), ["2", "0"]);
    assert.deepEqual(told(peer, "weir/gate/home_assistant_event").map((text) => JSON.parse(text)), [
      { event_type: "alert", alert: "loitering", message: "somebody stands there", at: "2026-01-31T12:00:00.000Z" },
    ]);
    const kept = await retained(peer);
    const entities = Object.entries(kept).filter(([topic]) => topic.startsWith("homeassistant/"));
    assert.deepEqual(entities.map(([topic]) => topic).sort(), [
      "homeassistant/binary_sensor/weir_gate/person_presence/config",
      "homeassistant/binary_sensor/weir_gate/traffic-20-light_presence/config",
      "homeassistant/event/weir_gate/alert/config",
      "homeassistant/image/weir_gate/alert_picture/config",
      "homeassistant/sensor/weir_gate/person_count/config",
      "homeassistant/sensor/weir_gate/traffic-20-light_count/config",
    ]);
    const ids = new Set<string>();
    for (const [topic, payload] of entities) {
      const entity = JSON.parse(payload);
      ids.add(entity.unique_id);
      assert.match(entity.unique_id, /^[A-Za-z0-9_-]+$/);
      assert.equal(kept[entity.availability_topic], "online");
      assert.deepEqual(entity.device.identifiers, ["weir_gate"]);
      const about = entity.state_topic ?? entity.image_topic;
      if (!topic.includes("/event/")) assert.ok(about in kept, `${about} has a value`);
    }
    assert.equal(ids.size, entities.length);
    assert.equal(kept["weir/gate/home_assistant_picture"], "/9j/2Q==");
    await sink.remove!();
    assert.deepEqual(await retained(peer), {});
  },
});

Deno.test({
  name: "a sink that is taken out of a stream leaves nothing behind at the broker, and one that stays leaves its own",
  ignore: !here,
  async fn() {
    await using peer = new MqttPeer();
    await peer.start();
    const [stays, goes] = parseSinkConfigs([
      { ...peer.config, name: "stays", prefix: "stays" },
      { ...peer.config, name: "goes", prefix: "goes", homeAssistant: {} },
    ]);
    const set = new SinkSet({ stream: "gate", directory: "/nonexistent", flushMs: 20_000, configs: [stays, goes] });
    set.push(stateOf("running"));
    await until(() => set.status().every(({ sent }) => sent === 1), () => JSON.stringify(set.status()));
    const entity = "homeassistant/binary_sensor/goes_gate/person_presence/config";
    await until(async () => entity in await retained(peer), "the entity is announced");
    await set.makeRoom([stays]);
    assert.deepEqual(Object.keys(await retained(peer)).sort(), ["stays/gate/availability", "stays/gate/state"]);
  },
});

Deno.test({
  name: "a broker that forgot everything is told of the stream again",
  ignore: !here,
  async fn() {
    await using peer = new MqttPeer();
    await peer.start();
    await using sink = open({ ...peer.config, homeAssistant: {} });
    await until(() => peer.messages.length >= 6, () => JSON.stringify(peer.messages));
    const before = await retained(peer);
    await peer.stop();
    await until(() => sink.status().state === "failing", () => JSON.stringify(sink.status()));
    await peer.start();
    await until(() => peer.messages.length >= 6, () => JSON.stringify(peer.messages));
    assert.deepEqual(await retained(peer), before);
    await until(() => sink.status().state === "ok", () => JSON.stringify(sink.status()));
  },
});

Deno.test({
  name: "the last will of a process that crashed, spoken late, is set right",
  ignore: !here,
  async fn() {
    await using peer = new MqttPeer();
    await peer.start();
    await using sink = open(peer.config);
    await until(() => sink.status().state === "ok" && peer.messages.length > 0, () => JSON.stringify(peer.messages));
    const ghost = await peer.connection();
    const speak = () => ghost.publishAsync("weir/gate/availability", "offline", { qos: 1, retain: true });
    // It is heard once the sink listens, which is a moment after it greets.
    await until(async () => {
      await speak();
      return changes(peer, "weir/gate/availability").join().startsWith("online,offline,online");
    }, () => JSON.stringify(peer.messages));
    await until(async () => (await retained(peer))["weir/gate/availability"] === "online", () => "it stays online");
    await ghost.endAsync();
  },
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { SinkSet } from "../../src/sinks/fan_out.ts";
import { parseSinkConfigs } from "../../src/sinks/registry.ts";
import { alertOf, resultOf } from "../support/sink_events.ts";
import { WebhookPeer } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";
import { inDirectory } from "../support/in_directory.ts";

Deno.test("sinks that are dead, stuck or picky cost only their own events", () =>
  inDirectory(async (directory) => {
    await using stuck = new WebhookPeer();
    await stuck.start();
    stuck.stick();
    const configs = parseSinkConfigs([
      { kind: "jsonl", name: "all" },
      { kind: "jsonl", name: "cats", labels: ["cat"] },
      { kind: "jsonl", name: "alerts", types: ["alert"] },
      { ...stuck.config, name: "stuck", capacity: 10, spoolBytes: 0, timeoutMs: 100 },
      { kind: "redis", name: "dead", url: "redis://127.0.0.1:1", capacity: 10 },
    ]);
    const set = new SinkSet({ stream: "gate", directory, configs, flushMs: 1000 });
    for (let seq = 0; seq < 100; seq++) set.push(resultOf(seq, seq % 10 === 0 ? ["cat"] : ["person"]));
    set.push(alertOf("hello"));
    const report = (name: string) => set.status().find((one) => one.name === name)!;
    await until(() => report("all").sent === 101, () => JSON.stringify(set.status()));
    await until(() => report("cats").sent === 11, () => JSON.stringify(set.status()));
    await until(() => report("alerts").sent === 1, () => JSON.stringify(set.status()));
    for (const name of ["stuck", "dead"]) {
      await until(() => report(name).state === "failing", () => JSON.stringify(set.status()));
      assert.equal(report(name).sent, 0);
      assert.deepEqual([report(name).waiting, report(name).dropped], [10, 91]);
    }
    assert.equal(report("dead").to, "redis://127.0.0.1:1");
    const cats = (await Deno.readTextFile(join(directory, "cats", "events.jsonl"))).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(cats.map(({ seq, type }) => seq ?? type), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, "alert"]);
    await set[Symbol.asyncDispose]();
    assert.ok(set.status().every(({ state }) => state === "closed"));
  }));

Deno.test("a set that is removed is closed, once", () =>
  inDirectory(async (directory) => {
    const configs = parseSinkConfigs([{ kind: "jsonl" }, { kind: "webhook", url: "http://127.0.0.1:1/" }]);
    const set = new SinkSet({ stream: "gate", directory, configs, flushMs: 1000 });
    set.push(resultOf(1));
    await Promise.all([set.remove(), set[Symbol.asyncDispose]()]);
    // Files are for people, who may still want them; what waited for a peer is of no use any more.
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["jsonl"]);
    assert.deepEqual(set.status().map(({ state }) => state), ["closed", "closed"]);
  }));

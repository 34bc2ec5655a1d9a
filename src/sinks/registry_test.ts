import assert from "node:assert/strict";
import { z } from "zod";
import { parseSinkConfig, parseSinkConfigs, shownSinkConfig, sinks } from "./registry.ts";

const FAULTY: [why: RegExp, config: unknown][] = [
  [/needs a kind/, null],
  [/needs a kind/, {}],
  [/no sink called kafka; there are: jsonl, webhook, redis, mqtt/, { kind: "kafka" }],
  [/Unrecognized key/, { kind: "jsonl", path: "/etc/passwd" }],
  [/stays inside/, { kind: "jsonl", file: "/etc/cron.d/weir" }],
  [/stays inside/, { kind: "jsonl", file: "../other/events.jsonl" }],
  [/stays inside/, { kind: "jsonl", file: "a/../../b" }],
  [/stays inside/, { kind: "jsonl", file: "..\\b" }],
  [/stays inside/, { kind: "jsonl", file: "folder/" }],
  [/stays inside/, { kind: "jsonl", file: "." }],
  [/stays inside/, { kind: "jsonl", file: "a\0b" }],
  [/url/i, { kind: "webhook", url: "file:///etc/passwd" }],
  [/url/i, { kind: "webhook" }],
  [/secret/, { kind: "webhook", url: "http://a.example/", secret: "short" }],
  [/sink itself/, { kind: "webhook", url: "http://a.example/", headers: { Host: "b.example" } }],
  [/headers/, { kind: "webhook", url: "http://a.example/", headers: { "x-a": "1\r\nx-b: 2" } }],
  [/url/i, { kind: "redis", url: "http://a.example" }],
  [/nowhere to send to/, { kind: "redis", url: "redis://a.example", stream: null }],
  [/wildcards/, { kind: "mqtt", url: "mqtt://a.example", prefix: "weir/#" }],
  [/name/, { kind: "jsonl", name: "../../x" }],
  [/name/, { kind: "jsonl", name: ".." }],
  [/capacity/, { kind: "jsonl", capacity: 1e9 }],
];

for (const [why, config] of FAULTY) {
  Deno.test(`a configuration is refused: ${JSON.stringify(config)}`, () => {
    assert.throws(() => parseSinkConfig(config), why);
  });
}

Deno.test("the least that each kind needs is enough, and the rest is filled in", () => {
  const least = [
    { kind: "jsonl" },
    { kind: "webhook", url: "https://hooks.example/" },
    { kind: "redis", url: "redis://cache.example" },
    { kind: "mqtt", url: "mqtt://broker.example" },
  ];
  for (const config of parseSinkConfigs(least)) {
    assert.equal(config.capacity, 1000);
    assert.ok(config.retry.initialMs < config.retry.maxMs);
  }
  assert.throws(() => parseSinkConfigs([{ kind: "jsonl" }, { kind: "jsonl" }]), /Two sinks are called jsonl/);
  parseSinkConfigs([{ kind: "jsonl" }, { kind: "jsonl", name: "second" }]);
});

Deno.test("every option of every kind has a description, also in the schema that is shown", () => {
  for (const { kind, schema, describe } of sinks) {
    assert.ok(describe.length > 0);
    const { properties } = z.toJSONSchema(schema, { io: "input" }) as {
      properties: Record<string, { description?: string }>;
    };
    for (const [name, { description }] of Object.entries(properties)) {
      assert.ok(name === "kind" || description, `${kind}.${name} has a description`);
    }
  }
});

Deno.test("a shown configuration holds no secret and still says what it is", () => {
  const shown = shownSinkConfig(parseSinkConfig({
    kind: "webhook",
    url: "https://me:pass-word@hooks.example/services/T0KEN?key=T0KEN",
    secret: "0123456789abcdef-hmac",
    headers: { authorization: "Bearer T0KEN" },
  }));
  assert.equal(shown.url, "https://hooks.example");
  assert.doesNotMatch(JSON.stringify(shown), /T0KEN|pass-word|hmac/);
  const broker = shownSinkConfig(parseSinkConfig({ kind: "mqtt", url: "mqtts://me:pass-word@broker.example" }));
  assert.equal(broker.url, "mqtts://broker.example");
});

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { ServiceError } from "../../src/core/service_error.ts";
import { parseSinkConfig, sinkNamed } from "../../src/sinks/registry.ts";
import type { Sink, SinkContext } from "../../src/sinks/sink.ts";
import { selfSignedCertificate } from "../support/rtsp_certificate.ts";
import { alertOf, resultOf } from "../support/sink_events.ts";
import { SINK_SECRET, WebhookPeer } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";

async function withPeer(test: (peer: WebhookPeer, directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await using peer = new WebhookPeer();
    await peer.start();
    await test(peer, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function open(config: Record<string, unknown>, context: Partial<SinkContext> & { directory: string }): Sink {
  const parsed = parseSinkConfig({ retry: { initialMs: 5, maxMs: 20 }, ...config });
  return sinkNamed("webhook").open(parsed, { stream: "gate", flushMs: 20_000, ...context });
}

const settled = (sink: Sink) => until(() => sink.status().waiting === 0, () => JSON.stringify(sink.status()));

Deno.test("a request carries the event itself, signed, and can be checked with the secret alone", () =>
  withPeer(async (peer, directory) => {
    await using sink = open(peer.config, { directory, now: () => 1_769_860_800_999 });
    sink.push(alertOf("somebody stands there"));
    await settled(sink);
    const [{ headers, body }] = peer.requests;
    assert.deepEqual(JSON.parse(body), alertOf("somebody stands there"));
    const expected = createHmac("sha256", SINK_SECRET).update(`1769860800.${body}`).digest("hex");
    assert.equal(headers.get("weir-signature"), `t=1769860800,v1=${expected}`);
    assert.equal(headers.get("content-type"), "application/json");
    assert.equal(headers.get("x-api-key"), SINK_SECRET);
    assert.equal(headers.get("authorization"), `Basic ${btoa(`${SINK_SECRET}:${SINK_SECRET}`)}`);
    assert.equal(headers.get("host"), new URL(peer.config.url as string).host);
  }));

Deno.test("events travel in batches of the wished size", () =>
  withPeer(async (peer, directory) => {
    await using sink = open({ ...peer.config, batch: { count: 4, afterMs: 100 } }, { directory });
    for (let seq = 0; seq < 10; seq++) sink.push(resultOf(seq));
    await settled(sink);
    const bodies = peer.requests.map(({ body }) => JSON.parse(body));
    assert.deepEqual(bodies.map(({ v, type, events }) => [v, type, events.length]), [
      [1, "batch", 4],
      [1, "batch", 4],
      [1, "batch", 2],
    ]);
    assert.deepEqual(await peer.received(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }));

Deno.test("5xx and 429 are tried again with the same id, as late as the peer asks; another 4xx never is", () =>
  withPeer(async (peer, directory) => {
    const answers = [
      new Response("no", { status: 500 }),
      new Response("wait", { status: 429, headers: { "retry-after": "1" } }),
      new Response("ok"),
      new Response("gone", { status: 410 }),
    ];
    peer.answer = () => answers.shift() ?? new Response("ok");
    const at: number[] = [];
    await using sink = open(peer.config, { directory, now: () => (at.push(performance.now()), Date.now()) });
    sink.push(resultOf(1));
    await settled(sink);
    const beforeMs = performance.now();
    sink.push(resultOf(2));
    sink.push(resultOf(3));
    await settled(sink);
    assert.ok(beforeMs - at[0] >= 900, "it waited for the second that it was asked for");
    assert.deepEqual(peer.requests.map(({ body }) => JSON.parse(body).seq), [1, 1, 1, 2, 3]);
    assert.equal(new Set(peer.requests.slice(0, 3).map(({ headers }) => headers.get("weir-id"))).size, 1);
    const { sent, dropped, state, lastError } = sink.status();
    assert.deepEqual({ sent, dropped, state }, { sent: 2, dropped: 1, state: "ok" });
    assert.match(lastError!, /^Cannot deliver to http:\/\/127\.0\.0\.1:\d+: it answered 410$/);
  }));

Deno.test("an event that the peer always stumbles over is given up, and the next gets through", () =>
  withPeer(async (peer, directory) => {
    peer.answer = ({ body }) => new Response(null, { status: JSON.parse(body).seq === 1 ? 500 : 204 });
    await using sink = open({ ...peer.config, attempts: 3 }, { directory });
    sink.push(resultOf(1));
    sink.push(resultOf(2));
    await settled(sink);
    assert.deepEqual(peer.requests.map(({ body }) => JSON.parse(body).seq), [1, 1, 1, 2]);
    assert.equal(sink.status().dropped, 1);
  }));

Deno.test("a redirect is not followed", () =>
  withPeer(async (peer, directory) => {
    await using elsewhere = new WebhookPeer();
    await elsewhere.start();
    peer.answer = () => new Response(null, { status: 307, headers: { location: elsewhere.config.url as string } });
    await using sink = open(peer.config, { directory });
    sink.push(resultOf(1));
    await settled(sink);
    assert.equal(sink.status().dropped, 1);
    assert.match(sink.status().lastError!, /answered 307, and redirects are not followed$/);
    assert.equal(elsewhere.requests.length, 0);
  }));

Deno.test("the address that was checked is the one that is used, and a forbidden one is never connected to", () =>
  withPeer(async (peer, directory) => {
    const { port } = new URL(peer.config.url as string);
    const url = `http://hooks.invalid:${port}/`;
    const asked: string[] = [];
    const address = (host: string) => (asked.push(host), Promise.resolve("127.0.0.1"));
    await using sink = open({ kind: "webhook", url }, { directory: `${directory}/a`, address });
    sink.push(resultOf(1));
    await settled(sink);
    assert.deepEqual(asked, ["hooks.invalid"]);
    assert.equal(peer.requests[0].headers.get("host"), `hooks.invalid:${port}`);
    const forbid = () => Promise.reject(new ServiceError("forbidden", "hooks.invalid is inside this network"));
    await using refused = open({ kind: "webhook", url }, { directory: `${directory}/b`, address: forbid });
    refused.push(resultOf(2));
    await settled(refused);
    assert.equal(refused.status().dropped, 1);
    assert.match(refused.status().lastError!, /hooks\.invalid is inside this network$/);
    assert.equal(peer.requests.length, 1);
  }));

Deno.test("over TLS the certificate must be the name's, whatever address was checked", async () => {
  const directory = await Deno.makeTempDir();
  const { key, cert } = selfSignedCertificate();
  let count = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", key, cert, onListen() {} },
    () => (count++, new Response()),
  );
  const url = (host: string) => `https://${host}:${server.addr.port}/`;
  const address = () => Promise.resolve("127.0.0.1");
  try {
    await using right = open({ kind: "webhook", url: url("localhost"), ca: cert }, {
      directory: `${directory}/a`,
      address,
    });
    right.push(resultOf(1));
    await settled(right);
    assert.deepEqual([right.status().sent, count], [1, 1]);
    await using wrong = open({ kind: "webhook", url: url("other.invalid"), ca: cert }, {
      directory: `${directory}/b`,
      address,
    });
    await using unknown = open({ kind: "webhook", url: url("localhost") }, { directory: `${directory}/c`, address });
    for (const sink of [wrong, unknown]) {
      sink.push(resultOf(2));
      await until(() => sink.status().state === "failing", () => JSON.stringify(sink.status()));
      assert.match(sink.status().lastError!, /certificate|UnknownIssuer|altnames/i);
    }
    assert.equal(count, 1);
  } finally {
    await server.shutdown();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("what waits on disk outlives a process that is killed", () =>
  withPeer(async (peer, directory) => {
    await peer.stop();
    const config = { ...peer.config, retry: { initialMs: 5, maxMs: 20 } };
    const module = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
    const script = `
      import { parseSinkConfig, sinkNamed } from ${module("src/sinks/registry.ts")};
      import { resultOf } from ${module("tests/support/sink_events.ts")};
      const config = parseSinkConfig(${JSON.stringify(config)});
      const sink = sinkNamed("webhook").open(config, { stream: "gate", directory: ${JSON.stringify(directory)} });
      for (let seq = 0; seq < 20; seq++) sink.push(resultOf(seq));
    `;
    const path = new URL("../../", import.meta.url).pathname;
    const file = await Deno.makeTempFile({ dir: directory, suffix: ".ts" });
    await Deno.writeTextFile(file, script);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", `${path}deno.json`, file],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const spooled = () =>
      [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(".ndjson"))
        .map(({ name }) => Deno.readTextFileSync(`${directory}/${name}`).split("\n").length - 1)
        .reduce((sum, count) => sum + count, 0);
    await until(() => spooled() === 20, () => `${spooled()} spooled`);
    child.kill("SIGKILL");
    await child.status;
    await peer.start();
    await using sink = open(peer.config, { directory });
    await until(() => sink.status().sent === 20, () => JSON.stringify(sink.status()));
    assert.deepEqual(await peer.received(), Array.from({ length: 20 }, (_, seq) => seq));
  }));

Deno.test("a stream that is removed takes along what waited for its webhook", () =>
  withPeer(async (peer, directory) => {
    await peer.stop();
    const place = `${directory}/sink`;
    const sink = open(peer.config, { directory: place });
    sink.push(resultOf(1));
    await until(() => sink.status().state === "failing", () => JSON.stringify(sink.status()));
    await sink.remove!();
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  }));

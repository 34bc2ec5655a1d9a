import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { configSchema } from "../../config/load.ts";
import type { AlertEvent } from "../../src/core/events.ts";
import { WeirServer } from "../../src/service/server.ts";
import { jpegSize } from "../../streams/av/jpeg_size.ts";
import { Log } from "../../src/telemetry/log.ts";
import { inDirectory } from "../support/in_directory.ts";
import { WebhookPeer } from "../support/sink_peers.ts";
import { SseClient } from "../support/sse_client.ts";
import { until } from "../support/until.ts";
import { WsClient } from "../support/ws_client.ts";

const SCENE = { kind: "scene", scene: "counter", seed: 3, width: 320, height: 180, fps: 20 };

function checkAlert(alert: AlertEvent): void {
  assert.deepEqual([alert.v, alert.type, alert.stream, alert.alert], [1, "alert", "gate", "tens"]);
  assert.match(alert.message, /^frame \d*0$/);
  const { width, height, jpeg } = alert.picture!;
  assert.deepEqual(jpegSize(Buffer.from(jpeg, "base64")), { width, height });
  assert.equal(width, 160);
}

Deno.test("an alert reaches an event stream, a socket, a webhook and who comes later, with its picture", () =>
  inDirectory(async (directory) => {
    const config = configSchema.parse({ server: { port: 0 } });
    await using log = new Log({ level: "error" });
    await using server = await WeirServer.start({ config, dataDir: directory, version: "0.0.0", log });
    await server.restored;
    await using hook = new WebhookPeer();
    await hook.start();
    const ws = await WsClient.open(`${server.url}/api/v1/ws`);
    await using _ws = ws;
    const registration = {
      id: "gate",
      source: SCENE,
      pipeline: [
        { analyzer: "counter" },
        {
          analyzer: "alert",
          name: "tens",
          when: "counter.value % 10 == 0",
          message: "frame {counter.value}",
          cooldownS: 1,
          picture: { width: 160 },
        },
      ],
      sinks: [{ ...hook.config, types: ["alert"] }],
    };
    await using sse = await SseClient.open(`${server.url}/api/v1/events?types=alert`);
    ws.send({ op: "subscribe", id: "a", all: true, types: ["alert"] });
    const answer = await fetch(`${server.url}/api/v1/streams`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(registration),
    });
    assert.equal(answer.status, 201, await answer.text());
    let block = await sse.next();
    while (block && block.event !== "alert") block = await sse.next();
    checkAlert(JSON.parse(block!.data!));
    const alertsOn = () => ws.texts.filter(({ event }) => event?.type === "alert");
    await until(() => alertsOn().length > 0, () => JSON.stringify(ws.texts.slice(0, 3)));
    checkAlert(alertsOn()[0].event);
    await until(() => hook.requests.length > 0, "the webhook hears of it");
    const { events, ...single } = JSON.parse(hook.requests[0].body);
    checkAlert(events?.[0] ?? single);
    // The log holds it: who returns gets it.
    await using late = await SseClient.open(`${server.url}/api/v1/events?types=alert`, { "last-event-id": "0" });
    let first = await late.next();
    while (first && first.event !== "alert") first = await late.next();
    assert.equal(first!.id, block!.id);
    const bad = await fetch(`${server.url}/api/v1/streams`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...registration, id: "b", pipeline: [{ analyzer: "alert", when: "cuonter.value >" }] }),
    });
    const { errors } = await bad.json();
    assert.equal(bad.status, 422);
    assert.deepEqual(errors.map(({ path }: { path: string }) => path), ["pipeline.0.when"]);
  }));

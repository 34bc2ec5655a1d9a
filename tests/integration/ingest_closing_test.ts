import assert from "node:assert/strict";
import { Upgrade } from "../../src/api/http/exchange.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { IngestSession, REPLACED } from "../../src/api/ingest_session.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { SenderEvents } from "../../src/core/services.ts";
import { Hub } from "../../src/hub/hub.ts";
import { eventually } from "../support/eventually.ts";

const result = (seq: number): ResultEnvelope => ({
  v: 1,
  type: "result",
  stream: "me",
  epoch: 1,
  seq,
  pts: seq,
  frame: { width: 1, height: 1 },
  outputs: {},
});

Deno.test("a sender's connection that is being closed leaves the server its time, whatever comes for it meanwhile", async () => {
  let reserved = 1;
  using hub = new Hub({ positions: { reserve: (count) => (reserved += count) - count } });
  const stop = new AbortController();
  let sender: SenderEvents | undefined;
  const ingest = {
    open(_id: string, events: SenderEvents) {
      sender = events;
      return Promise.resolve({ push: () => true, [Symbol.dispose]() {} });
    },
  };
  const session = { id: "me", ingest, hub, signal: stop.signal, frameBytes: 1024, onBegin() {}, onEnd() {} };
  const api = {
    answer: () => Promise.resolve(new Upgrade((socket) => void new IngestSession(socket, session), 2048)),
    refuse: () => new Response(null, { status: 400 }),
  };
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  const heard: { type: string; seq?: number }[] = [];
  let closed: number | undefined;
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`);
  client.onmessage = ({ data }) => heard.push(JSON.parse(data));
  client.onclose = ({ code }) => closed = code;
  await eventually("the sender is there", () => sender !== undefined);
  hub.publish(result(1));
  await eventually("a result has come", () => heard.some(({ seq }) => seq === 1));
  sender!.replaced();
  hub.publish(result(2));
  await eventually("the connection is closed", () => closed !== undefined);
  assert.equal(closed, REPLACED);
  assert.ok(heard.some(({ type }) => type === "replaced"));
  await server.close(20_000);
});

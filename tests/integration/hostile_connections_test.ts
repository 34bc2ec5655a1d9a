import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";
import { until, untilWithin } from "../support/until.ts";

const MANY = 500;
const HOST = "Host: 127.0.0.1\r\n";

/** Beginnings of requests that never end. */
const BEGINNINGS = [
  "",
  "G",
  "GET /health HT",
  "GET /health HTTP/1.1\r\n",
  `GET /health HTTP/1.1\r\n${HOST}X-Slow: a`,
  `POST /api/v1/streams HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"id"`,
];

/** Word by word: what a connection is doing when its server stops. */
async function opened(server: GuestServer, count: number): Promise<GuestTcp[]> {
  const connections: GuestTcp[] = [];
  for (let index = 0; index < count; index++) {
    const tcp = await GuestTcp.open(server.port);
    await tcp.send(BEGINNINGS[index % BEGINNINGS.length]);
    connections.push(tcp);
  }
  return connections;
}

Deno.test("hundreds of requests that never end keep nobody out, and the server's stop waits for none of them", async () => {
  await using server = await GuestServer.start();
  const connections = await opened(server, MANY);
  try {
    for (let byte = 0; byte < 3; byte++) {
      for (const tcp of connections) await tcp.send("a");
      assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" });
      assert.deepEqual(await server.ask("GET", "/api/v1/streams"), { streams: [] });
    }
    let stopped = false;
    const stop = server.stop().then(() => stopped = true);
    await untilWithin(120_000)(() => stopped, "the server stops");
    await stop;
    for (const tcp of connections) await tcp.end();
    await server.begin();
    assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" });
  } finally {
    for (const tcp of connections) tcp[Symbol.dispose]();
  }
});

Deno.test("a server stops in its time though a client that watches reads nothing", async () => {
  await using server = await GuestServer.start({ server: { drainMs: 500 } });
  await server.run({ id: "count", source: { kind: "scene", scene: "counter" } });
  using tcp = await GuestTcp.open(server.port);
  await tcp.send(`GET /api/v1/streams/count/live.mjpeg?quality=100&fps=25 HTTP/1.1\r\n${HOST}\r\n`);
  // Pictures that it has no room for are dropped, not kept: then every buffer on the way is full.
  const encoded = async () => (await server.ask("GET", "/api/v1/streams/count")).status.pictures?.encoded ?? 0;
  await until(async () => await encoded() > 100, "it is sent pictures");
  let stopped = false;
  const stop = server.stop().then(() => stopped = true);
  await untilWithin(120_000)(() => stopped, "the server stops");
  await stop;
  await server.begin();
  assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" });
});

Deno.test("a client that has said all it has to say is answered", async () => {
  await using server = await GuestServer.start();
  using tcp = await GuestTcp.open(server.port);
  await tcp.send(`GET /nope HTTP/1.1\r\n${HOST}\r\n`);
  await tcp.connection.closeWrite();
  assert.deepEqual(statusesIn(await tcp.end()), [404]);
});

Deno.test("clients that leave at any moment of a request leave nothing behind", async () => {
  await using server = await GuestServer.start();
  const whole =
    `POST /api/v1/streams HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{"id":"a b"      `;
  for (let length = 1; length <= whole.length; length += 5) {
    using tcp = await GuestTcp.open(server.port);
    await tcp.send(whole.slice(0, length));
  }
  for (const path of ["/api/v1/events", "/health"]) {
    for (let count = 0; count < 20; count++) {
      using tcp = await GuestTcp.open(server.port);
      await tcp.send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
      if (count % 2 === 0) await tcp.until((text) => text.includes("\r\n"));
    }
  }
  const active = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^weir_http_requests_active (\d+)/m.exec(text)?.[1]);
  };
  // The one that asks is one.
  await until(async () => await active() === 1, "no request is under way any more");
  assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" });
});

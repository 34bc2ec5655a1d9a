import assert from "node:assert/strict";
import { closeCode, framesIn, OPCODE, openFrames, wsFrame } from "../support/guest_frames.ts";
import { GuestServer } from "../support/guest_server.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";
import { until } from "../support/until.ts";
import { WsClient } from "../support/ws_client.ts";

const HOST = "Host: 127.0.0.1\r\n";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const codeIn = (text: string) => /"code":"(\w+)"/.exec(text)?.[1];

/** Says something now and then until the other end takes no more of it. */
async function drip(tcp: GuestTcp, word: string): Promise<void> {
  while (await tcp.send(word)) await pause(20);
}

/** Reads to the end while something is said now and then. */
async function ended(tcp: GuestTcp, word: string): Promise<string> {
  const [answer] = await Promise.all([tcp.end(), drip(tcp, word)]);
  return answer;
}

Deno.test("a head that comes a byte at a time is told that it is too slow, and its connection is closed", async () => {
  await using server = await GuestServer.start({ limits: { headMs: 500 } });
  for (const begun of ["GET /health", `GET /health HTTP/1.1\r\n${HOST}X-Slow: `]) {
    using tcp = await GuestTcp.open(server.port);
    await tcp.send(begun);
    const answer = await ended(tcp, "a");
    assert.deepEqual([statusesIn(answer), codeIn(answer)], [[408], "too_slow"]);
    assert.match(answer, /x-request-id: /i);
  }
  using kept = await GuestTcp.open(server.port);
  await kept.send(`GET /health HTTP/1.1\r\n${HOST}\r\n`);
  await kept.until((text) => text.includes('"ok"'));
  await kept.send("GET /he");
  assert.deepEqual(statusesIn(await ended(kept, "a")), [200, 408], "of a later request, too");
  assert.equal(await server.ended("slow_head"), 3);
  assert.equal(await server.answered(408), 3);
});

Deno.test("a body that drips is told that it is too slow, be it JSON or an upload", async () => {
  await using server = await GuestServer.start({ limits: { bodyMs: 500 } });
  for (
    const [path, type] of [["/api/v1/streams", "application/json"], [
      "/api/v1/models",
      "multipart/form-data; boundary=x",
    ]]
  ) {
    using tcp = await GuestTcp.open(server.port);
    await tcp.send(`POST ${path} HTTP/1.1\r\n${HOST}Content-Type: ${type}\r\nContent-Length: 60000\r\n\r\n`);
    const answer = await ended(tcp, " ");
    assert.deepEqual([statusesIn(answer), codeIn(answer)], [[408], "too_slow"], path);
    assert.match(answer, /connection: close/i, path);
  }
  assert.equal(await server.answered(408), 2);
});

Deno.test("a body that is refused by its length is answered, and little more of it is taken", async () => {
  await using server = await GuestServer.start();
  const head = `POST /api/v1/streams HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
  using tcp = await GuestTcp.open(server.port);
  await tcp.send(`${head}Content-Length: 10000000000\r\n\r\n`);
  const piece = new Uint8Array(1 << 16);
  const [answer] = await Promise.all([
    tcp.end(),
    (async () => {
      while (await tcp.send(piece)) assert.ok(tcp.written < 2 ** 30, "it is taken without end");
    })(),
  ]);
  assert.deepEqual([statusesIn(answer), codeIn(answer)], [[413], "too_large"]);
  await until(async () => await server.ended("body_left") === 1, "it is counted");

  using polite = await GuestTcp.open(server.port);
  await polite.send(`${head}Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n`);
  assert.deepEqual(statusesIn(await polite.end()), [413], "who asks beforehand is spared the sending");
  using small = await GuestTcp.open(server.port);
  await small.send(`${head}Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`);
  await small.until((text) => text.startsWith("HTTP/1.1 100 "));
  await small.send("{}");
  assert.deepEqual(statusesIn(await small.end()), [100, 422], "who is let in is told to go on");
});

Deno.test("a message without end is cut off with its code when there is too much of it, or in too many pieces", async () => {
  await using server = await GuestServer.start({ limits: { frameBytes: 65_536 } });
  await server.ask("POST", "/api/v1/streams", { id: "me", source: { kind: "webcam" } });
  for (const path of ["/api/v1/ws", "/api/v1/ingest/me"]) {
    using tcp = await openFrames(server.port, path);
    await tcp.send(wsFrame({ opcode: OPCODE.binary, payload: "a", fin: false }));
    const piece = wsFrame({ opcode: OPCODE.more, payload: new Uint8Array(30_000), fin: false });
    const [answer] = await Promise.all([
      tcp.end(),
      (async () => {
        while (await tcp.send(piece)) assert.ok(tcp.written < 2 ** 30, "it is taken without end");
      })(),
    ]);
    assert.equal(closeCode(answer), 1009, path);
  }
  using tcp = await openFrames(server.port, "/api/v1/ws");
  await tcp.send(wsFrame({ opcode: OPCODE.text, payload: "a", fin: false }));
  const many = new Uint8Array(
    Array.from({ length: 1000 }, () => [...wsFrame({ opcode: 0, payload: "a", fin: false })]).flat(),
  );
  const [answer] = await Promise.all([
    tcp.end(),
    (async () => {
      while (await tcp.send(many)) assert.ok(tcp.written < 2 ** 30, "they are taken without end");
    })(),
  ]);
  assert.equal(closeCode(answer), 1008);
  assert.equal(await server.ended("message_too_large"), 3);
});

Deno.test("a WebSocket that does not answer pings is closed, and one that does stays", async () => {
  await using server = await GuestServer.start({ limits: { pingMs: 1000 } });
  await using there = await WsClient.open(`${server.url}/api/v1/ws`);
  using gone = await openFrames(server.port, "/api/v1/ws");
  const frames = framesIn(await gone.end());
  assert.ok(frames.length > 0 && frames.every(({ opcode }) => opcode === OPCODE.ping), JSON.stringify(frames));
  assert.equal((await there.ask({ op: "ping" })).op, "pong");
  assert.equal(await server.ended("no_pong"), 1);
});

import assert from "node:assert/strict";
import { closeCode, framesIn, OPCODE, openFrames, wsFrame } from "../support/guest_frames.ts";
import { GuestServer } from "../support/guest_server.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";
import { WsClient } from "../support/ws_client.ts";

const COUNTER = { kind: "scene", scene: "counter", fps: 10, width: 64, height: 64 };
const PATHS = ["/api/v1/ws", "/api/v1/streams/count/ws", "/api/v1/ingest/me"];

async function serve(): Promise<GuestServer> {
  const server = await GuestServer.start({ limits: { frameBytes: 65_536 } });
  await server.run({ id: "count", source: COUNTER });
  await server.ask("POST", "/api/v1/streams", { id: "me", source: { kind: "webcam" } });
  return server;
}

/** Another client is served as ever. */
async function assertServes(server: GuestServer): Promise<void> {
  await using client = await WsClient.open(`${server.url}/api/v1/ws`);
  await client.ask({ op: "subscribe", id: "a", all: true });
  assert.equal((await client.next()).sub, "a");
}

const bad = new Uint8Array([0xff, 0xfe, 0xc0, 0xaf]);
const { more, text, binary, close, ping } = OPCODE;
/** Frames that break the protocol: the connection ends, with the code that says so where one can be said. */
const BROKEN: [what: string, ...frames: Uint8Array[]][] = [
  ["an opcode that there is not", wsFrame({ opcode: 3, payload: "{}" })],
  ["a control that there is not", wsFrame({ opcode: 11 })],
  ["bits that mean nothing", wsFrame({ opcode: text, payload: "{}", reserved: 7 })],
  ["a compressed frame that nobody agreed to", wsFrame({ opcode: text, payload: "{}", reserved: 4 })],
  ["a ping in two pieces", wsFrame({ opcode: ping, payload: "a", fin: false })],
  ["a ping too long for one", wsFrame({ opcode: ping, payload: "x".repeat(126) })],
  ["the rest of nothing", wsFrame({ opcode: more, payload: "{}" })],
  [
    "a message within a message",
    wsFrame({ opcode: text, payload: '{"op"', fin: false }),
    wsFrame({ opcode: text, payload: ':"ping"}' }),
  ],
  ["a text that is no UTF-8", wsFrame({ opcode: text, payload: bad })],
  [
    "a text in pieces that is no UTF-8",
    wsFrame({ opcode: text, payload: '{"op', fin: false }),
    wsFrame({ opcode: more, payload: bad }),
  ],
  ["a close of one byte", wsFrame({ opcode: close, payload: new Uint8Array(1) })],
  ["a close with a code that there is not", wsFrame({ opcode: close, payload: new Uint8Array([0, 5]) })],
  ["more bytes than there are in the world", wsFrame({ opcode: binary, length: 1n << 62n })],
  ["a length below zero", wsFrame({ opcode: binary, length: (1n << 63n) + 1n })],
  ["a frame of a gigabyte", wsFrame({ opcode: binary, length: 1n << 30n })],
];

Deno.test("a frame that breaks the protocol ends its connection, and nobody else's", async () => {
  await using server = await serve();
  for (const path of PATHS) {
    for (const [what, ...frames] of BROKEN) {
      using tcp = await openFrames(server.port, path);
      for (const frame of frames) await tcp.send(frame);
      const code = closeCode(await tcp.end());
      assert.ok(code === undefined || [1002, 1003, 1007, 1009].includes(code), `${path}: ${what}: ${code}`);
    }
  }
  await assertServes(server);
});

Deno.test("a handshake that is none is refused with a code", async () => {
  await using server = await serve();
  const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const version = "Sec-WebSocket-Version: 13\r\n";
  const heads: [string, number, string][] = [
    ["", 426, "upgrade_required"],
    ["Upgrade: h2c\r\nConnection: Upgrade\r\n", 426, "upgrade_required"],
    [upgrade, 400, "malformed"],
    [upgrade + version, 400, "malformed"],
    [`Upgrade: websocket\r\n${key}${version}`, 400, "malformed"],
  ];
  for (const path of PATHS) {
    for (const [headers, status, code] of heads) {
      using tcp = await GuestTcp.open(server.port);
      await tcp.send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`);
      const answer = await tcp.until((text) => /"code":"\w+"/.test(text));
      assert.deepEqual([statusesIn(answer), /"code":"(\w+)"/.exec(answer)![1]], [[status], code], `${path} ${headers}`);
    }
  }
  assert.ok(await server.answered(400) >= 9);
});

Deno.test("pings are answered however many come, and a stream of empty pieces is no message", async () => {
  await using server = await serve();
  using tcp = await openFrames(server.port, "/api/v1/ws");
  const pings = 2000;
  for (let count = 0; count < pings; count++) await tcp.send(wsFrame({ opcode: ping, payload: `${count}` }));
  await tcp.until((text) => framesIn(text).filter(({ opcode }) => opcode === OPCODE.pong).length === pings);
  await tcp.send(wsFrame({ opcode: text, payload: '{"op":', fin: false }));
  for (let count = 0; count < 2000; count++) await tcp.send(wsFrame({ opcode: more, fin: false }));
  await tcp.send(wsFrame({ opcode: more, payload: '"ping"}' }));
  const answer = await tcp.until((text) => framesIn(text).some(({ opcode }) => opcode === OPCODE.text));
  assert.equal(JSON.parse(framesIn(answer).find(({ opcode }) => opcode === OPCODE.text)!.payload).op, "pong");
});

Deno.test("a client that leaves in the middle of a frame, or without a word, leaves nothing behind", async () => {
  await using server = await serve();
  for (const path of PATHS) {
    for (
      const frame of [undefined, wsFrame({ opcode: binary, length: 60_000n }), wsFrame({ opcode: text, fin: false })]
    ) {
      using tcp = await openFrames(server.port, path);
      if (frame) await tcp.send(frame);
    }
  }
  await assertServes(server);
  const metrics = async () => await (await fetch(`${server.url}/metrics`)).text();
  const active = async () => Number(/^weir_http_requests_active (\d+)/m.exec(await metrics())?.[1]);
  // The one that asks.
  for (let tries = 0; await active() > 1; tries++) {
    assert.ok(tries < 600, "a socket that is gone is still held");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

Deno.test("a ticket that was used up by a WebSocket, made up, or for another path opens none, and is counted", async () => {
  const token = "operator-token-0123456789";
  const headers = { authorization: `Bearer ${token}` };
  await using server = await GuestServer.start({ auth: { tokens: [{ name: "a", token, role: "operator" }] } });
  const ask = async (body: unknown) => (await server.ask("POST", "/api/v1/tickets", body, headers)).ticket;
  const opened = async (query: string) => {
    await using client = await WsClient.open(`${server.url}/api/v1/ws?${query}`);
    return client.socket.readyState === WebSocket.OPEN;
  };
  const once = await ask({});
  assert.equal(await opened(`ticket=${once}`), true);
  assert.equal(await opened(`ticket=${once}`), false);
  const elsewhere = await ask({ path: "/api/v1/events" });
  const wrong = ["ticket=", "ticket=made-up", `ticket=${elsewhere}`, `ticket=${token}`];
  wrong.push(`ticket=${await ask({})}&ticket=${await ask({})}`, "");
  for (const query of wrong) assert.equal(await opened(query), false, query);
  assert.equal(await server.answered(401, headers), wrong.length + 1);
});

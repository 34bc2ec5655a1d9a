import assert from "node:assert/strict";
import { StubbornSocket } from "../../../tests/support/ws_client.ts";
import { Upgrade } from "../http/exchange.ts";
import { Listener } from "../http/listener.ts";
import type { ServerSocket } from "../http/server_socket.ts";
import { Wire } from "./wire.ts";

/** A real socket whose client reads only when it is told to, seen from the server. */
async function stubborn(stuckMs?: number) {
  const accepted = Promise.withResolvers<ServerSocket>();
  const closed = Promise.withResolvers<void>();
  const upgrade = new Upgrade((socket) => {
    socket.listen({ text() {}, bytes() {}, closed: closed.resolve });
    accepted.resolve(socket);
  }, 1024);
  const api = { answer: () => Promise.resolve(upgrade), refuse: () => new Response(null, { status: 400 }) };
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  const client = await StubbornSocket.open(server.port, "/");
  const socket = await accepted.promise;
  return {
    client,
    socket,
    wire: new Wire(socket, { stuckMs }),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await closed.promise;
      await server.close();
    },
  };
}

const BLOCK = new Uint8Array(256 * 1024);

/** Sends until there is no room, and answers how many blocks that took. */
async function fill(wire: Wire): Promise<number> {
  let sent = 0;
  // What is sent in one turn counts as waiting until the next: only a socket that stays full is full.
  for (let full = 0; full < 20;) {
    if (wire.room) {
      full = 0;
      wire.send(BLOCK);
      sent++;
    } else full++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return sent;
}

Deno.test("there is room again once the client reads on", async () => {
  await using at = await stubborn();
  assert.ok(at.wire.room);
  const sent = await fill(at.wire);
  assert.ok(at.socket.waitingBytes < 2 ** 20 + 2 * BLOCK.length);
  const waiting = [at.wire.whenRoom(), at.wire.whenRoom()];
  for (let read = 0; read < sent; read++) await at.client.next();
  await Promise.all(waiting);
  assert.ok(at.wire.room && at.wire.open);
});

Deno.test("a client that takes nothing for too long is given up, and whoever waits is let go", async () => {
  await using at = await stubborn(200);
  await fill(at.wire);
  await Promise.all([at.wire.whenRoom(), at.wire.whenRoom()]);
  assert.ok(!at.wire.open && !at.wire.room);
});

Deno.test("answers go out without room, but not without end", async () => {
  await using at = await stubborn();
  await fill(at.wire);
  assert.ok(at.wire.answer("{}"));
  const text = "x".repeat(256 * 1024);
  let answered = 0;
  while (at.wire.answer(text)) assert.ok(++answered < 100);
  assert.ok(answered > 3 && !at.wire.open);
  await at.wire.whenRoom();
});

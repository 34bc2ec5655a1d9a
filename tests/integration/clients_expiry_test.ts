import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { GuestServer } from "../support/guest_server.ts";
import { SseClient } from "../support/sse_client.ts";
import { until } from "../support/until.ts";
import { WsClient } from "../support/ws_client.ts";

const SECRET = "a secret of thirty-two characters or more";
const COUNTER = { kind: "scene", scene: "counter", fps: 20, width: 64, height: 64 };
/** Tokens are believed for so long beyond what they say. */
const SKEW_S = 10;
/** Long enough to come in on a slow machine. */
const LIFE_S = 15;

async function authorization(seconds: number): Promise<Record<string, string>> {
  const token = await new SignJWT({ role: "operator" }).setProtectedHeader({ alg: "HS256" }).setSubject("ann")
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds - SKEW_S).sign(new TextEncoder().encode(SECRET));
  return { authorization: `Bearer ${token}` };
}

/** Reads an event stream to its end; answers the reason of its closing event. */
async function closingOf(client: SseClient): Promise<string | undefined> {
  let reason: string | undefined;
  for (let block = await client.next(); block; block = await client.next()) {
    if (block.event === "closing") reason = JSON.parse(block.data!).reason;
  }
  return reason;
}

Deno.test("what goes on ends when the token expires that opened it, or whose ticket did, and nothing else ends", async () => {
  await using server = await GuestServer.start({ auth: { jwt: { secret: SECRET } } });
  const long = await authorization(600);
  await server.run({ id: "count", source: COUNTER }, long);
  await server.ask("POST", "/api/v1/streams", { id: "me", source: { kind: "webcam" } }, long);
  const short = await authorization(LIFE_S);
  const ticket = async () => (await server.ask("POST", "/api/v1/tickets", { role: "operator" }, short)).ticket;
  const { url } = server;

  await using stays = await SseClient.open(`${url}/stream?stream=count`, long);
  await using listens = await SseClient.open(`${url}/stream?stream=count`, short);
  await using ticketed = await SseClient.open(`${url}/api/v1/events?ticket=${await ticket()}`);
  await using watches = await SseClient.open(`${url}/api/v1/streams/count/live.mjpeg?fps=1&ticket=${await ticket()}`);
  await using socket = await WsClient.open(`${url}/api/v1/ws?ticket=${await ticket()}`);
  await using sends = await WsClient.open(`${url}/api/v1/ingest/me?ticket=${await ticket()}`);
  for (const { response } of [stays, listens, ticketed, watches]) assert.equal(response.status, 200);
  assert.equal((await socket.ask({ op: "subscribe", id: "a", all: true })).op, "subscribed");

  assert.deepEqual([await closingOf(listens), await closingOf(ticketed)], Array(2).fill("The token has expired"));
  // A picture's stream has no words of its own: it ends.
  assert.equal(await closingOf(watches), undefined);
  for (const client of [socket, sends]) {
    await until(() => client.closed !== undefined, "the socket is closed");
    assert.deepEqual([client.closed!.code, client.closed!.reason], [4401, "The token has expired"]);
    assert.equal(client.texts.at(-1).reason, "The token has expired");
  }
  const refused = await fetch(`${url}/api/v1/streams`, { headers: short });
  assert.equal((await refused.json()).code, "unauthorized");
  assert.equal((await stays.events(5)).length, 5);
});

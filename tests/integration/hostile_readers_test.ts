import assert from "node:assert/strict";
import type { StreamService, StreamView } from "../../src/core/services.ts";
import { eventRoutes } from "../../src/api/event_routes.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { createApi } from "../../src/api/server.ts";
import { Hub } from "../../src/hub/hub.ts";
import { GuestTcp } from "../support/guest_tcp.ts";
import { until } from "../support/until.ts";

/** A server of nothing but events, whose open places are counted. */
async function site(limits: { stuckMs: number }) {
  let next = 1;
  const hub = new Hub({ positions: { reserve: (count) => (next += count) - count } });
  const stop = new AbortController();
  const streams = { get: (id: string) => Promise.resolve({ id } as StreamView) } as StreamService;
  const held = { places: 0 };
  const api = createApi({
    routes: eventRoutes({ hub, streams, heartbeatMs: 50 }),
    guard: {
      admit: (_, { address }) => {
        held.places++;
        return Promise.resolve({ caller: { id: "test", role: "viewer", address }, release: () => void held.places-- });
      },
      preflight: () => undefined,
    },
    signal: stop.signal,
  });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0, limits });
  return {
    hub,
    held,
    stop,
    figures: () => server.figures,
    port: server.port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.close(20_000);
      hub[Symbol.dispose]();
    },
  };
}

/** Asks for events and reads none of them. */
async function deaf(port: number): Promise<GuestTcp> {
  const tcp = await GuestTcp.open(port);
  await tcp.send("GET /api/v1/streams/gate/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return tcp;
}

/** Publishes large events until every queue on the way to the deaf one is full. */
async function fill(hub: Hub): Promise<void> {
  const embedding = Array.from({ length: 4000 }, (_, index) => index / 7);
  const frame = { width: 640, height: 360 };
  for (let seq = 1; hub.stats().dropped < 50; seq++) {
    assert.ok(seq < 20_000, "nothing is ever dropped");
    const outputs = { embed: { model: "m", embedding } };
    hub.publish({ v: 1, type: "result", stream: "gate", epoch: 1, seq, pts: seq, frame, outputs });
    if (seq % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("a client that reads nothing of its events is cut off, and nothing is kept for it any more", async () => {
  await using at = await site({ stuckMs: 200 });
  using tcp = await deaf(at.port);
  await until(() => at.hub.stats().subscribers === 1, "it listens");
  await fill(at.hub);
  await until(() => at.hub.stats().subscribers === 0 && at.held.places === 0, "its queue and its place are free");
  assert.equal(at.figures().ended.stuck, 1);
  assert.doesNotMatch(await tcp.end(), /\r\n0\r\n\r\n$/, "what it got is not passed off as the whole");
});

import assert from "node:assert/strict";
import type { EncodedPicture, PictureService, StreamService, StreamView } from "../../src/core/services.ts";
import { ServiceError } from "../../src/core/service_error.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { eventRoutes } from "../../src/api/event_routes.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { createApi } from "../../src/api/server.ts";
import { wsRoutes } from "../../src/api/ws/ws_routes.ts";
import { Hub } from "../../src/hub/hub.ts";
import { SseClient } from "../support/sse_client.ts";
import { eventually } from "../support/eventually.ts";
import { StubbornSocket, WsClient } from "../support/ws_client.ts";

/** Streams by name: all that events ask of them. The one called late takes until `found` to be found. */
function streamsNamed(names: string[], found: Promise<void>): StreamService {
  const view = (id: string) => ({ id }) as StreamView;
  return {
    list: () => Promise.resolve(names.map(view)),
    get: (id: string) =>
      names.includes(id)
        ? (id === "late" ? found : Promise.resolve()).then(() => view(id))
        : Promise.reject(new ServiceError("not_found", `There is no stream ${id}`)),
  } as unknown as StreamService;
}

/** Pictures that the test hands out itself. */
class HandedPictures implements PictureService {
  readonly watchers = new Map<object, { next(picture: EncodedPicture): void; ended?(): void; request: unknown }>();

  watch(_id: string, request: unknown, next: (picture: EncodedPicture) => void, ended?: () => void): Disposable {
    const key = {};
    this.watchers.set(key, { next, request, ...(ended && { ended }) });
    return { [Symbol.dispose]: () => void this.watchers.delete(key) };
  }

  picture(): Promise<EncodedPicture> {
    return Promise.reject(new ServiceError("unavailable", "Nobody asks for single pictures here"));
  }

  hand(seq: number, jpeg: Uint8Array): void {
    const picture = { stream: "gate", epoch: 1, seq, pts: seq / 10, atMs: 0, width: 640, height: 360, jpeg };
    for (const { next } of this.watchers.values()) next(picture);
  }
}

interface Site extends AsyncDisposable {
  url: string;
  port: number;
  hub: Hub;
  pictures: HandedPictures;
  names: string[];
  /** What nobody foresaw. */
  faults: unknown[];
  stop: AbortController;
  /** Finds the stream called late. */
  find(): void;
}

/** A server with the live routes and nothing else, on a port of its own. */
async function site(options: { names?: string[]; heartbeatMs?: number; events?: number } = {}): Promise<Site> {
  const { names = ["gate"], heartbeatMs, events } = options;
  let next = 1;
  const hub = new Hub({ positions: { reserve: (count) => (next += count) - count }, events });
  const pictures = new HandedPictures();
  const faults: unknown[] = [];
  const found = Promise.withResolvers<void>();
  const stop = new AbortController();
  const { signal } = stop;
  const streams = streamsNamed(names, found.promise);
  const onFault = (error: unknown) => void faults.push(error);
  const api = createApi({
    routes: [
      ...eventRoutes({ hub, streams, heartbeatMs }),
      ...wsRoutes({ hub, streams, pictures, onFault }),
    ],
    guard: {
      admit: () => Promise.resolve({ caller: { id: "test", role: "admin", address: "127.0.0.1" } }),
      preflight: () => undefined,
    },
    signal,
    onFault,
  });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  const { port } = server;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    hub,
    pictures,
    names,
    faults,
    stop,
    find: found.resolve,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.close(20_000);
      hub[Symbol.dispose]();
      assert.deepEqual(faults, []);
      await eventually("every subscription is given back", () => hub.stats().subscribers === 0);
      await eventually("every watch is given back", () => pictures.watchers.size === 0);
    },
  };
}

function result(seq: number, over: Partial<ResultEnvelope> = {}): ResultEnvelope {
  const frame = { width: 640, height: 360 };
  return { v: 1, type: "result", stream: "gate", epoch: 1, seq, pts: seq / 10, frame, outputs: {}, ...over };
}

const state = (stream: string) => ({
  v: 1 as const,
  type: "state" as const,
  stream,
  state: "running" as const,
  previous: "connecting" as const,
  at: "2026-01-31T12:00:00.000Z",
  epoch: 1,
  restarts: 0,
});

/** A result of tens of kilobytes. */
const large = (seq: number) =>
  result(seq, { outputs: { embed: { model: "m", embedding: Array.from({ length: 4000 }, (_, i) => i / 7) } } });

const seqsOf = (blocks: { data?: string }[]) => blocks.map(({ data }) => JSON.parse(data!).seq as number);
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

Deno.test("events come as server-sent events: a position, a type, the envelope, and headers that let them through", async () => {
  await using at = await site();
  await using client = await SseClient.open(`${at.url}/api/v1/events`);
  assert.equal(client.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.match(client.response.headers.get("cache-control")!, /no-cache.*no-transform/);
  assert.equal(client.response.headers.get("x-accel-buffering"), "no");
  assert.deepEqual(await client.next(), { retry: "1000" });
  const event = result(1, { ageMs: 12.5 });
  at.hub.publish(event);
  at.hub.publish(state("door"));
  assert.deepEqual(await client.next(), { id: "1", event: "result", data: JSON.stringify(event) });
  assert.deepEqual((await client.next())?.event, "state");
});

Deno.test("a query chooses streams, types, labels, scores, fields and rate; values by commas or repeated", async () => {
  await using at = await site();
  const found = {
    detect: {
      model: "m",
      detections: ["person", "car"].map((label, classId) => ({
        box: [0, 0, 1, 1] as [number, number, number, number],
        label,
        classId,
        score: 0.4 + classId / 2,
      })),
    },
  };
  const ask = async (query: string) => {
    await using client = await SseClient.open(`${at.url}/api/v1/events?after=0&${query}`);
    at.stop.signal.throwIfAborted();
    const blocks = await client.events(1);
    return JSON.parse(blocks[0].data!);
  };
  at.hub.publish(result(1, { stream: "other" }));
  at.hub.publish(state("gate"));
  at.hub.publish(result(2, { outputs: found, ageMs: 3 }));
  at.hub.publish(result(3, { stream: "door" }));
  assert.equal((await ask("streams=door")).seq, 3);
  assert.equal((await ask("streams=door,gate&types=result")).seq, 2);
  assert.equal((await ask("streams=door&streams=gate")).type, "state");
  assert.deepEqual((await ask("label=car")).type, "state", "only results have labels");
  const car = await ask("types=result&labels=cat,car&minScore=0.5&fields=outputs.detect.detections");
  assert.deepEqual(car.outputs, { detect: { detections: [found.detect.detections[1]] } });
  assert.equal(car.ageMs, undefined);
  assert.equal((await ask("types=result&maxRate=1&streams=gate")).seq, 2);
});

Deno.test("a question that does not fit is answered with what is wrong where", async () => {
  await using at = await site({ names: ["gate", "door"] });
  const cases: [string, number, string, string?][] = [
    ["/api/v1/events?types=result,nonsense", 422, "invalid", "types.1"],
    ["/api/v1/events?minScore=2", 422, "invalid", "minScore"],
    ["/api/v1/events?minScore=", 422, "invalid", "minScore"],
    ["/api/v1/events?maxRate=0", 422, "invalid", "maxRate"],
    ["/api/v1/events?after=-1", 422, "invalid", "after"],
    ["/api/v1/events?after=1.5", 422, "invalid", "after"],
    ["/api/v1/events?after=1&after=2", 422, "invalid", "after"],
    ["/api/v1/events?fields=outptus", 422, "invalid", "fields.0"],
    ["/api/v1/events?labels=a,,b", 422, "invalid", "labels.1"],
    ["/api/v1/events?colour=red", 422, "invalid"],
    ["/api/v1/streams/gate/events?streams=door", 422, "invalid"],
    ["/api/v1/streams/nobody/events", 404, "not_found"],
    ["/stream?stream=nobody", 404, "not_found"],
    ["/stream", 409, "conflict", "stream"],
    ["/api/v1/ws", 426, "upgrade_required"],
  ];
  for (const [path, status, code, field] of cases) {
    const response = await fetch(at.url + path);
    const problem = await response.json();
    assert.deepEqual([response.status, problem.code], [status, code], path);
    if (field) assert.equal(problem.errors[0].path, field, `${path}: ${JSON.stringify(problem.errors)}`);
  }
  const bad = await fetch(`${at.url}/api/v1/events`, { headers: { "last-event-id": "abc" } });
  assert.equal((await bad.json()).errors[0].path, "Last-Event-ID");
});

Deno.test("/stream is the one that is named, else the one called default, else the only one, else a list of them", async () => {
  await using at = await site({ names: ["gate", "default"] });
  const first = async (path: string) => {
    await using client = await SseClient.open(at.url + path);
    return JSON.parse((await client.events(1))[0].data!).stream;
  };
  at.hub.publish(result(1));
  at.hub.publish(result(1, { stream: "default" }));
  assert.equal(await first("/stream?stream=gate&after=0"), "gate");
  assert.equal(await first("/stream?after=0"), "default");
  at.names.length = 1;
  assert.equal(await first("/stream?after=0"), "gate");
  at.names.push("door");
  assert.match((await (await fetch(`${at.url}/stream`)).json()).detail, /gate, door/);
  at.names.length = 0;
  const none = await fetch(`${at.url}/stream`);
  assert.equal(none.status, 409);
  assert.match((await none.json()).detail, /no stream yet/);
});

Deno.test("a client that comes back after its connection broke misses nothing and gets nothing twice", async () => {
  await using at = await site();
  const got: number[] = [];
  let last: string | undefined;
  let published = 0;
  for (let round = 0; round < 8; round++) {
    await using client = await SseClient.open(
      `${at.url}/api/v1/streams/gate/events`,
      last ? { "last-event-id": last } : {},
    );
    if (round === 0) await client.next();
    for (let count = 0; count < 50; count++) at.hub.publish(result(++published));
    // The connection is cut somewhere amid what waits.
    const blocks = await client.events(round === 7 ? published - got.length : 20 + round);
    got.push(...seqsOf(blocks));
    last = blocks.at(-1)!.id;
  }
  assert.deepEqual(got, range(1, 400));
});

Deno.test("of after and Last-Event-ID the later counts: an EventSource asks for the same address at every reconnect", async () => {
  await using at = await site();
  for (const seq of range(1, 10)) at.hub.publish(result(seq));
  await using client = await SseClient.open(`${at.url}/api/v1/events?after=7`, { "last-event-id": "2" });
  assert.deepEqual(seqsOf(await client.events(3)), [8, 9, 10]);
  await using again = await SseClient.open(`${at.url}/api/v1/events?after=2`, { "last-event-id": "9" });
  assert.deepEqual(seqsOf(await again.events(1)), [10]);
});

Deno.test("who comes back too late is told of the gap, and goes on behind it", async () => {
  await using at = await site({ events: 5 });
  for (const seq of range(1, 20)) at.hub.publish(result(seq));
  await using client = await SseClient.open(`${at.url}/api/v1/events`, { "last-event-id": "3" });
  const [gap, ...rest] = await client.events(6);
  assert.deepEqual([gap.event, gap.id], ["gap", "15"]);
  assert.deepEqual(JSON.parse(gap.data!), { v: 1, type: "gap", first: 4, last: 15, count: 12, reason: "forgotten" });
  assert.deepEqual(seqsOf(rest), range(16, 20));
});

Deno.test("a quiet line is kept open, and moves the place of a client for whom nothing comes", async () => {
  await using at = await site({ heartbeatMs: 20 });
  await using client = await SseClient.open(`${at.url}/api/v1/events?types=alert`);
  await client.next();
  for (const seq of range(1, 10)) at.hub.publish(result(seq));
  for (;;) {
    const block = await client.next();
    assert.equal(block?.data, undefined);
    if (block?.id === "10") break;
  }
});

Deno.test("when the server stops, who listens gets what waits, is told, and the answer ends", async () => {
  await using at = await site();
  await using client = await SseClient.open(`${at.url}/api/v1/events`);
  await client.next();
  at.hub.publish(result(1));
  at.stop.abort();
  assert.deepEqual((await client.next())?.event, "result");
  assert.deepEqual((await client.next())?.event, "closing");
  assert.equal(await client.next(), undefined);
});

Deno.test("a client that is gone leaves nothing behind", async () => {
  await using at = await site();
  {
    await using client = await SseClient.open(`${at.url}/api/v1/events`);
    await client.next();
    assert.equal(at.hub.stats().subscribers, 1);
  }
  await eventually("the subscription is given back", () => at.hub.stats().subscribers === 0);
});

Deno.test("a HEAD request learns the form and subscribes to nothing", async () => {
  await using at = await site();
  const response = await fetch(`${at.url}/api/v1/events`, { method: "HEAD" });
  assert.match(response.headers.get("content-type")!, /event-stream/);
  assert.equal(at.hub.stats().subscribers, 0);
});

Deno.test("a client that stops reading loses its own events and is told; the others get everything", async () => {
  await using at = await site();
  await using slow = await SseClient.open(`${at.url}/api/v1/events`);
  await using quick = await SseClient.open(`${at.url}/api/v1/events`);
  await slow.next();
  let published = 0;
  const got: number[] = [];
  // Until the slow one's queue and everything between here and there is full.
  while (at.hub.stats().dropped < 50) {
    assert.ok(published < 10_000, "nothing is ever dropped");
    for (let count = 0; count < 20; count++) at.hub.publish(large(++published));
    got.push(...seqsOf(await quick.events(20)));
  }
  assert.deepEqual(got, range(1, published), "the quick one");
  const seen: number[] = [];
  let lost = 0;
  for (let at = 0; at < published;) {
    const [block] = await slow.events(1);
    const event = JSON.parse(block.data!);
    if (block.event === "gap") {
      assert.deepEqual([event.reason, event.first], ["slow", at + 1]);
      lost += event.count;
      at = event.last;
    } else {
      assert.equal(event.seq, at + 1);
      seen.push(at = event.seq);
    }
  }
  assert.ok(lost >= 50);
  assert.equal(seen.length + lost, published, "what was not seen was told of");
});

Deno.test("one socket carries many subscriptions, each with its filter", async () => {
  await using at = await site();
  await using client = await WsClient.open(`${at.url}/api/v1/ws`);
  assert.deepEqual(await client.ask({ op: "subscribe", id: "a", streams: ["gate"] }), {
    op: "subscribed",
    id: "a",
    last: 0,
  });
  assert.deepEqual(await client.ask({ op: "subscribe", id: "all", all: true, types: ["state"] }), {
    op: "subscribed",
    id: "all",
    last: 0,
  });
  const event = result(1);
  at.hub.publish(event);
  at.hub.publish(state("door"));
  assert.deepEqual([await client.next(), (await client.next()).sub], [{ sub: "a", position: 1, event }, "all"]);
  assert.deepEqual(await client.ask({ op: "ping", id: "p" }), { op: "pong", id: "p", last: 2 });
  assert.deepEqual(await client.ask({ op: "unsubscribe", id: "a" }), { op: "unsubscribed", id: "a" });
  at.hub.publish(result(2));
  at.hub.publish(state("gate"));
  assert.equal((await client.next()).event.type, "state", "the result is not sent any more");
});

Deno.test("a message that does not fit is refused with a code, and the socket stays open", async () => {
  await using at = await site();
  await using client = await WsClient.open(`${at.url}/api/v1/ws`);
  await client.ask({ op: "subscribe", id: "here", all: true });
  const cases: [unknown, string, string?][] = [
    ["no json {", "malformed"],
    ["[1]", "malformed"],
    ["null", "malformed"],
    ["[".repeat(60_000), "malformed"],
    [{}, "unknown_op"],
    [{ op: "__proto__", id: "x" }, "unknown_op", "x"],
    [{ op: "destroy", id: "x" }, "unknown_op", "x"],
    [{ op: "subscribe", id: "x" }, "invalid", "x"],
    [{ op: "subscribe", id: "x", all: true, streams: ["gate"] }, "invalid", "x"],
    [{ op: "subscribe", id: "x", all: true, types: ["none"] }, "invalid", "x"],
    [{ op: "subscribe", id: "x", all: true, colour: "red" }, "invalid", "x"],
    [{ op: "subscribe", id: "", all: true }, "invalid", ""],
    [{ op: "subscribe", id: "here", all: true }, "conflict", "here"],
    [{ op: "unsubscribe", id: "x" }, "not_found", "x"],
    [{ op: "flow", id: "x", credits: 1 }, "not_found", "x"],
    [{ op: "flow", id: "here", credits: 1 }, "conflict", "here"],
    [{ op: "flow", id: "here", credits: -1 }, "invalid", "here"],
    [{ op: "pictures", id: "here", stream: "gate" }, "conflict", "here"],
    [{ op: "pictures", id: "x", stream: "nobody" }, "not_found", "x"],
    [{ op: "pictures", id: "x", stream: "gate", fps: 1000 }, "invalid", "x"],
    [JSON.stringify({ op: "ping", id: "x".repeat(70_000) }), "too_large"],
    [JSON.stringify({ op: "ping", id: "€".repeat(30_000) }), "too_large"],
  ];
  for (const [message, code, id] of cases) {
    const answer = await client.ask(message);
    const told = JSON.stringify(message).slice(0, 80);
    assert.deepEqual([answer.op, answer.code, answer.id], ["error", code, id], `${told}: ${JSON.stringify(answer)}`);
    assert.ok(answer.message.length > 10, told);
  }
  client.socket.send(new Uint8Array([1, 2, 3]));
  assert.equal((await client.next()).code, "malformed");
  assert.equal((await client.ask({ op: "subscribe", id: "x", all: true, maxRate: 0 })).errors[0].path, "maxRate");
  for (let n = 1; n < 64; n++) {
    assert.equal((await client.ask({ op: "subscribe", id: `s${n}`, streams: ["none"] })).op, "subscribed");
  }
  assert.equal((await client.ask({ op: "subscribe", id: "s64", all: true })).code, "too_many");
  at.hub.publish(result(1));
  assert.equal((await client.next()).sub, "here");
});

Deno.test("a subscription with flow is sent nothing beyond its credits", async () => {
  await using at = await site();
  await using client = await WsClient.open(`${at.url}/api/v1/ws`);
  await client.ask({ op: "subscribe", id: "slow", all: true, flow: true });
  await client.ask({ op: "subscribe", id: "free", all: true });
  const reads = async (count: number) => {
    for (let n = 0; n < count; n++) await client.next();
    // An answer comes after everything that was sent before it.
    const answer = await client.ask({ op: "ping" });
    assert.equal(answer.op, "pong", JSON.stringify(answer));
  };
  for (const seq of range(1, 5)) at.hub.publish(result(seq));
  await reads(5);
  assert.ok(client.texts.every(({ sub }) => sub !== "slow"));
  assert.equal((await client.ask({ op: "ping" })).last, 0, "what waits has not been sent");
  client.send({ op: "flow", id: "slow", credits: 2 });
  await reads(2);
  client.send({ op: "flow", id: "slow", credits: 1 });
  await reads(1);
  assert.equal((await client.ask({ op: "ping" })).last, 3);
  assert.deepEqual(client.texts.filter(({ sub }) => sub === "slow").map(({ position }) => position), [1, 2, 3]);
});

Deno.test("a socket that comes back after it broke misses nothing and gets nothing twice", async () => {
  await using at = await site();
  const got: number[] = [];
  let after: number | undefined;
  let published = 0;
  for (let round = 0; round < 6; round++) {
    await using client = await WsClient.open(`${at.url}/api/v1/ws`);
    await client.ask({ op: "subscribe", id: "a", streams: ["gate"], ...(after !== undefined && { after }) });
    for (let count = 0; count < 50; count++) at.hub.publish(result(++published));
    const wanted = round === 5 ? published - got.length : 15 + round;
    for (let count = 0; count < wanted; count++) {
      const { position, event } = await client.next();
      got.push(event.seq);
      after = position;
    }
  }
  assert.deepEqual(got, range(1, 300));
});

Deno.test("a stream's own socket sends its events from the start, as its query asks", async () => {
  await using at = await site();
  for (const seq of range(1, 3)) at.hub.publish(result(seq));
  at.hub.publish(state("gate"));
  await using client = await WsClient.open(`${at.url}/api/v1/streams/gate/ws?after=1&types=result`);
  assert.deepEqual(await client.next(), { op: "subscribed", id: "gate", last: 4 });
  const got = [await client.next(), await client.next()];
  assert.deepEqual(got.map(({ sub, position }) => [sub, position]), [["gate", 2], ["gate", 3]]);
  assert.equal((await client.ask({ op: "subscribe", id: "more", all: true })).op, "subscribed");
  await using none = await WsClient.open(`${at.url}/api/v1/streams/nobody/ws`);
  await eventually("it is refused", () => none.closed !== undefined);
});

Deno.test("pictures come as a header and a JPEG, until they are not wanted any more or the stream is gone", async () => {
  await using at = await site({ names: ["gate", "late"] });
  await using client = await WsClient.open(`${at.url}/api/v1/ws`);
  const ask = { op: "pictures", stream: "gate", width: 320, overlay: true };
  assert.equal((await client.ask({ ...ask, id: "p" })).op, "subscribed");
  const [{ request }] = at.pictures.watchers.values();
  assert.deepEqual(request, { width: 320, overlay: true, fps: 10, quality: 75 });
  at.pictures.hand(7, new Uint8Array([255, 216, 1, 2, 255, 217]));
  await eventually("the picture comes", () => client.pictures.length === 1);
  assert.deepEqual(client.pictures[0], {
    header: { sub: "p", stream: "gate", epoch: 1, seq: 7, pts: 0.7, width: 640, height: 360, dropped: 0 },
    jpeg: new Uint8Array([255, 216, 1, 2, 255, 217]),
  });
  await client.ask({ op: "unsubscribe", id: "p" });
  assert.equal(at.pictures.watchers.size, 0);
  // Given back before its stream has even been looked up.
  client.send({ ...ask, id: "q", stream: "late" });
  assert.equal((await client.ask({ op: "unsubscribe", id: "q" })).op, "unsubscribed");
  at.find();
  await client.ask({ ...ask, id: "r" });
  for (const { ended } of at.pictures.watchers.values()) ended!();
  assert.deepEqual(await client.next(), { op: "ended", id: "r", reason: "Stream gate is removed" });
  assert.equal((await client.ask({ ...ask, id: "r" })).op, "subscribed", "the name is free again");
});

Deno.test("a socket whose client stops reading keeps its events in a bounded queue and drops pictures", async () => {
  await using at = await site();
  using slow = await StubbornSocket.open(at.port, "/api/v1/ws");
  await using quick = await WsClient.open(`${at.url}/api/v1/ws`);
  await slow.send({ op: "subscribe", id: "s", all: true });
  await slow.send({ op: "pictures", id: "p", stream: "gate" });
  await quick.ask({ op: "subscribe", id: "q", all: true });
  await eventually("all are subscribed", () => at.hub.stats().subscribers === 2 && at.pictures.watchers.size === 1);
  let published = 0;
  const jpeg = new Uint8Array(50_000);
  while (at.hub.stats().dropped < 50) {
    assert.ok(published < 10_000, "nothing is ever dropped");
    at.pictures.hand(published, jpeg);
    for (let count = 0; count < 20; count++) at.hub.publish(large(++published));
    for (let count = 0; count < 20; count++) await quick.next();
  }
  assert.deepEqual(quick.texts.slice(1).map(({ event }) => event.seq), range(1, published), "the quick one");
  const handed = published / 20;
  let pictures = 0;
  let lost = 0;
  for (let at = 0; at < published;) {
    const message = await slow.next();
    if (typeof message !== "string") {
      pictures++;
      continue;
    }
    const { sub, event, position } = JSON.parse(message);
    if (sub === undefined) continue;
    assert.equal(event.type === "gap" ? event.first : event.seq, at + 1);
    if (event.type === "gap") lost += event.count;
    at = position;
  }
  assert.ok(lost >= 50);
  assert.ok(pictures < handed, `${pictures} of ${handed} pictures`);
  at.pictures.hand(published + 1, jpeg);
  const last = await slow.next() as Uint8Array;
  const header = JSON.parse(new TextDecoder().decode(last.subarray(4, 4 + new DataView(last.buffer).getUint32(0))));
  assert.equal(header.dropped, handed - pictures, "the next picture tells how many were dropped");
});

Deno.test("a client that asks on and on without reading the answers is served no longer", async () => {
  await using at = await site();
  using rude = await StubbornSocket.open(at.port, "/api/v1/ws");
  await rude.send({ op: "subscribe", id: "s", all: true });
  await eventually("it is subscribed", () => at.hub.stats().subscribers === 1);
  // Each is answered with twenty faults.
  const wrong = { op: "subscribe", id: "y", all: true, types: Array(24).fill(1) };
  for (let asked = 0; at.hub.stats().subscribers > 0; asked++) {
    assert.ok(asked < 200_000, "it is served for ever");
    await rude.send(wrong);
  }
});

Deno.test("when the server stops, a socket gets what waits, is told, and is closed", async () => {
  await using at = await site();
  await using client = await WsClient.open(`${at.url}/api/v1/ws`);
  await client.ask({ op: "subscribe", id: "a", all: true });
  await client.ask({ op: "subscribe", id: "held", all: true, flow: true });
  await client.ask({ op: "pictures", id: "p", stream: "gate" });
  at.hub.publish(result(1));
  at.stop.abort();
  assert.equal((await client.next()).sub, "a");
  assert.deepEqual(await client.next(), { op: "closing", reason: "The server stops" });
  await eventually("it is closed", () => client.closed !== undefined);
  assert.equal(client.closed!.code, 1001);
});

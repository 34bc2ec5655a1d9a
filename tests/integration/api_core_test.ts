import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { z } from "zod";
import { ServiceError } from "../../src/core/service_error.ts";
import type { Guard } from "../../src/api/guard.ts";
import { Upgrade } from "../../src/api/http/exchange.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { Problem } from "../../src/api/problem.ts";
import { type Route, route } from "../../src/api/route.ts";
import { type ApiOptions, createApi } from "../../src/api/server.ts";
import { eventually } from "../support/eventually.ts";

const PATIENCE_MS = 60_000;
const until = (what: string, holds: () => boolean) => eventually(what, holds, PATIENCE_MS);

const openGuard: Guard = {
  admit: (_, { address }) => Promise.resolve({ caller: { id: "test", role: "admin", address } }),
  preflight: () => undefined,
};

const thing = z.strictObject({
  id: z.string(),
  size: z.int().min(1).max(10).optional(),
  parts: z.array(z.union([
    z.strictObject({ model: z.string(), score: z.number().optional() }),
    z.strictObject({ analyzer: z.string() }),
  ])).optional(),
});

interface Log {
  faults: { error: unknown; id: string; path: string }[];
  requests: { route: string; method: string; status: number }[];
  active: number;
  aborted: string[];
  streamed: number;
}

function sampleRoutes(log: Log): Route[] {
  const common = {
    tag: "test",
    summary: "For the test",
    role: "viewer",
    answers: { 200: { description: "ok" } },
  } as const;
  return [
    route({ ...common, method: "GET", path: "/things", id: "list", handle: () => ({ things: [] }) }),
    route({
      ...common,
      method: "POST",
      path: "/things",
      id: "create",
      body: thing,
      answers: { 201: { description: "made" } },
      handle: ({ body }) => body,
    }),
    route({
      ...common,
      method: "GET",
      path: "/things/{id}",
      id: "get",
      params: z.strictObject({ id: z.string().regex(/^[\w-]+$/, "letters and digits") }),
      query: z.strictObject({ width: z.coerce.number().int().min(1).optional() }),
      handle({ params: { id }, query }) {
        if (id === "none") throw new ServiceError("not_found", "There is no stream called none");
        if (id === "busy") throw new ServiceError("unavailable", "Not now", { retryAfterMs: 1500 });
        if (id === "bug") throw new Error("the password is hunter2");
        if (id === "odd") throw "a text";
        if (id === "leak") throw new Problem("conflict", "Cannot open rtsp://me:hunter2@cam/1");
        return { id, ...query };
      },
    }),
    route({ ...common, method: "DELETE", path: "/things/{id}", id: "remove", handle: () => {} }),
    route({
      ...common,
      method: "PATCH",
      path: "/things/{id}",
      id: "patch",
      body: thing.partial(),
      handle: ({ body }) => body,
    }),
    route({ ...common, method: "POST", path: "/things/{id}/pause", id: "pause", handle: ({ params }) => params }),
    route({
      ...common,
      method: "POST",
      path: "/upload",
      id: "upload",
      body: { media: ["image/*", "multipart/form-data"], maxBytes: 1000 },
      async handle({ request }) {
        if (request.headers.get("content-type")?.startsWith("multipart/")) {
          const form = await request.formData();
          return { bytes: (form.get("file") as File).size };
        }
        return { bytes: (await request.bytes()).length };
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/page",
      id: "page",
      handle: () => new Response("<p>", { headers: { "content-type": "text/html; charset=utf-8", vary: "accept" } }),
    }),
    route({ ...common, method: "GET", path: "/moved", id: "moved", handle: () => Response.redirect("http://x/there") }),
    route({
      ...common,
      method: "GET",
      path: "/wait",
      id: "wait",
      handle: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            log.aborted.push("wait");
            reject(signal.reason);
          })
        ),
    }),
    route({
      ...common,
      method: "GET",
      path: "/events",
      id: "events",
      kind: "stream",
      handle({ signal }) {
        signal.addEventListener("abort", () => log.aborted.push("events"));
        return new Response(
          new ReadableStream({
            start(controller) {
              log.streamed++;
              controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
            },
            cancel: () => void log.streamed--,
          }),
          { headers: { "content-type": "text/event-stream" } },
        );
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/ws",
      id: "ws",
      kind: "upgrade",
      handle: () =>
        new Upgrade((socket) =>
          socket.listen({
            text: (text) => socket.send(text),
            bytes: (bytes) => socket.send(new Uint8Array(bytes)),
            closed() {},
          }), 1000),
    }),
  ];
}

interface Served extends AsyncDisposable {
  url: string;
  port: number;
  log: Log;
  stop(): void;
}

async function serve(options: Partial<ApiOptions> = {}): Promise<Served> {
  const log: Log = { faults: [], requests: [], active: 0, aborted: [], streamed: 0 };
  const stopping = new AbortController();
  const api = createApi({
    routes: sampleRoutes(log),
    guard: openGuard,
    signal: stopping.signal,
    bodyBytes: 2000,
    onRequest: ({ route, method, status }) => log.requests.push({ route, method, status }),
    onActive: (delta) => log.active += delta,
    onFault: (error, { id, path }) => log.faults.push({ error, id, path }),
    ...options,
  });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    port: server.port,
    log,
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server.close(PATIENCE_MS);
    },
  };
}

/** Sends bytes as they are, for what no well-behaved client sends; answers with the first answer's head and body. */
async function raw(port: number, text: string, andThen = ""): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  if (andThen) await connection.write(new TextEncoder().encode(andThen));
  let answer = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const size = await connection.read(buffer);
    if (size === null) return answer;
    answer += new TextDecoder().decode(buffer.subarray(0, size));
    const head = answer.indexOf("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
    if (head >= 0 && Buffer.byteLength(answer) >= head + 4 + length) return answer;
  }
}

const JSON_TYPE = { "content-type": "application/json" };
const post = (body: BodyInit, headers: Record<string, string> = JSON_TYPE): RequestInit => ({
  method: "POST",
  body,
  headers,
});

/** Hostile and clumsy requests, and what each is answered with. `paths` are those of the fields told to be wrong. */
const HOSTILE: { what: string; path: string; init?: RequestInit; status: number; code: string; paths?: string[] }[] = [
  { what: "a path that leads nowhere", path: "/nope", status: 404, code: "not_found" },
  { what: "a deeper path that leads nowhere", path: "/things/a/b/c", status: 404, code: "not_found" },
  { what: "an object's innards as a path", path: "/__proto__", status: 404, code: "not_found" },
  { what: "a thing that is not there", path: "/things/none", status: 404, code: "not_found" },
  { what: "a lone percent sign", path: "/things/%", status: 400, code: "malformed" },
  { what: "an escape that is no hexadecimal", path: "/things/%zz", status: 400, code: "malformed" },
  { what: "an escape that is no UTF-8", path: "/things/%ff", status: 400, code: "malformed" },
  { what: "a NUL in a name", path: "/things/a%00b", status: 422, code: "invalid", paths: ["id"] },
  { what: "a traversal in a name", path: "/things/..%2F..%2Fetc", status: 422, code: "invalid", paths: ["id"] },
  { what: "a broken escape in the query", path: "/things/a?width=%", status: 400, code: "malformed" },
  {
    what: "a query key given twice",
    path: "/things/a?width=1&width=2",
    status: 422,
    code: "invalid",
    paths: ["width"],
  },
  { what: "an unknown query key", path: "/things/a?hight=1", status: 422, code: "invalid", paths: ["hight"] },
  {
    what: "a query value of another type",
    path: "/things/a?width=wide",
    status: 422,
    code: "invalid",
    paths: ["width"],
  },
  { what: "a query value out of range", path: "/things/a?width=0", status: 422, code: "invalid", paths: ["width"] },
  { what: "an endless address", path: `/things/a?width=${"1".repeat(20_000)}`, status: 414, code: "address_too_long" },
  {
    what: "a method not meant for the path",
    path: "/things",
    init: { method: "DELETE" },
    status: 405,
    code: "method_not_allowed",
  },
  { what: "a method of one's own", path: "/things", init: { method: "BREW" }, status: 405, code: "method_not_allowed" },
  {
    what: "no body where one is needed",
    path: "/things",
    init: { method: "POST" },
    status: 422,
    code: "invalid",
    paths: [""],
  },
  { what: "cut JSON", path: "/things", init: post('{"id":'), status: 400, code: "malformed" },
  { what: "text for JSON", path: "/things", init: post("id=1"), status: 400, code: "malformed" },
  {
    what: "bytes that are no UTF-8",
    path: "/things",
    init: post(new Uint8Array([0x22, 0xff, 0x22])),
    status: 400,
    code: "malformed",
  },
  { what: "deep JSON", path: "/things", init: post("[".repeat(1900)), status: 400, code: "malformed" },
  {
    what: "a form for JSON",
    path: "/things",
    init: post(new URLSearchParams({ id: "a" }), {}),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "JSON in another charset",
    path: "/things",
    init: post('{"id":"a"}', { "content-type": "application/json; charset=utf-16" }),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "a compressed body",
    path: "/things",
    init: post('{"id":"a"}', { ...JSON_TYPE, "content-encoding": "gzip" }),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "a huge body, announced",
    path: "/things",
    init: post(`{"id":"${"a".repeat(3000)}"}`),
    status: 413,
    code: "too_large",
  },
  { what: "a huge body, unannounced", path: "/things", init: post(streamOf(50, 100)), status: 413, code: "too_large" },
  { what: "null for an object", path: "/things", init: post("null"), status: 422, code: "invalid", paths: [""] },
  { what: "a list for an object", path: "/things", init: post("[]"), status: 422, code: "invalid", paths: [""] },
  {
    what: "wrong types and unknown keys",
    path: "/things",
    init: post('{"id":1,"size":"big","colour":"red"}'),
    status: 422,
    code: "invalid",
    paths: ["id", "size", "colour"],
  },
  {
    what: "a prototype in the body",
    path: "/things",
    init: post('{"id":"a","__proto__":{"admin":true}}'),
    status: 422,
    code: "invalid",
    paths: ["__proto__"],
  },
  {
    what: "a number beyond all numbers",
    path: "/things",
    init: post('{"id":"a","size":1e999}'),
    status: 422,
    code: "invalid",
    paths: ["size"],
  },
  {
    what: "a fault deep inside a choice",
    path: "/things",
    init: post('{"id":"a","parts":[{"analyzer":"x"},{"model":"y","score":"high"}]}'),
    status: 422,
    code: "invalid",
    paths: ["parts.1.score"],
  },
  {
    what: "a body where none is taken",
    path: "/things/a/pause",
    init: post('{"hard":true}'),
    status: 422,
    code: "invalid",
    paths: ["hard"],
  },
  {
    what: "another medium than the upload takes",
    path: "/upload",
    init: post("x", { "content-type": "text/plain" }),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "an upload without a type",
    path: "/upload",
    init: post(new Uint8Array([1]), {}),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "a huge upload, announced",
    path: "/upload",
    init: post("x".repeat(1001), { "content-type": "image/png" }),
    status: 413,
    code: "too_large",
  },
  {
    what: "a huge upload, unannounced",
    path: "/upload",
    init: post(streamOf(20, 100), { "content-type": "image/png" }),
    status: 413,
    code: "too_large",
  },
  { what: "a plain request where a WebSocket is spoken", path: "/ws", status: 426, code: "upgrade_required" },
  { what: "a service that cannot now", path: "/things/busy", status: 503, code: "unavailable" },
  { what: "a bug", path: "/things/bug", status: 500, code: "internal" },
  { what: "something thrown that is no error", path: "/things/odd", status: 500, code: "internal" },
];

function streamOf(chunks: number, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(Array.from({ length: chunks }, () => new Uint8Array(size).fill(0x20)));
}

Deno.test("Every hostile request gets the problem that it is", async () => {
  await using served = await serve();
  for (const { what, path, init, status, code, paths } of HOSTILE) {
    const response = await fetch(served.url + path, init);
    const problem = await response.json();
    assert.equal(`${response.status} ${problem.code}`, `${status} ${code}`, `${what}: ${JSON.stringify(problem)}`);
    assert.equal(response.headers.get("content-type"), "application/problem+json", what);
    assert.equal(problem.status, status, what);
    assert.equal(problem.type, `urn:weir:problem:${code}`, what);
    assert.equal(problem.instance, `urn:weir:request:${response.headers.get("x-request-id")}`, what);
    assert.deepEqual(problem.errors?.map((fault: { path: string }) => fault.path).sort(), paths?.toSorted(), what);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", what);
  }
});

Deno.test("What breaks inside is told to the operator, and nothing of it to the client", async () => {
  await using served = await serve();
  const response = await fetch(`${served.url}/things/bug`, { headers: { "x-request-id": "mine-1" } });
  assert.doesNotMatch(await response.text(), /hunter2/);
  assert.equal(response.headers.get("x-request-id"), "mine-1");
  const [{ error, id, path }] = served.log.faults;
  assert.match(String(error), /hunter2/);
  assert.deepEqual([id, path], ["mine-1", "/things/bug"]);
  const leak = await (await fetch(`${served.url}/things/leak`)).json();
  assert.equal(leak.detail, "Cannot open rtsp://***@cam/1");
});

Deno.test("Requests that no client library would send are answered, too", async () => {
  await using served = await serve();
  const statusOf = async (text: string) => Number((await raw(served.port, text)).split(" ")[1]);
  const rest = "\r\nConnection: close\r\n\r\n";
  assert.equal(await statusOf(`GET /things HTTP/1.1\r\nHost: a b<${rest}`), 400);
  assert.equal(await statusOf(`GET /things HTTP/1.1\r\nHost: [${rest}`), 400);
  assert.equal(await statusOf(`GET //things HTTP/1.1\r\nHost: x${rest}`), 404);
  assert.equal(await statusOf(`GET http://other/things HTTP/1.1\r\nHost: x${rest}`), 200);
  assert.equal(await statusOf(`OPTIONS * HTTP/1.1\r\nHost: x${rest}`), 404);
  assert.equal(await statusOf(`GET /things HTTP/1.1\r\nHost: x\r\nContent-Length: 2${rest}{}`), 400);
  assert.equal(await statusOf(`GET /things HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\tb"c${rest}`), 200);
  assert.equal(await statusOf(`POST /things/a/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 0${rest}`), 200);
});

Deno.test("A body that does not come is not waited for for ever", async () => {
  await using served = await serve({ bodyWithinMs: 50 });
  for (const [path, type] of [["/things", "application/json"], ["/upload", "image/png"]]) {
    const answer = await raw(
      served.port,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 20\r\n\r\n`,
      '{"id"',
    );
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /"code":"too_slow"/);
    assert.match(answer, /connection: close/i);
  }
});

Deno.test("Answers are what handlers gave: values, nothing, responses of their own", async () => {
  await using served = await serve();
  const made = await fetch(
    `${served.url}/things`,
    post('{"id":"a","size":3}', { "content-type": "application/json; charset=UTF-8" }),
  );
  assert.equal(made.status, 201);
  assert.equal(made.headers.get("cache-control"), "no-store");
  assert.deepEqual(await made.json(), { id: "a", size: 3 });
  const removed = await fetch(`${served.url}/things/a`, { method: "DELETE" });
  assert.equal(removed.status, 204);
  const paused = await fetch(`${served.url}/things/a%20b/pause/`, post("{}"));
  assert.deepEqual(await paused.json(), { id: "a b" });
  assert.deepEqual(await (await fetch(`${served.url}/things/a?width=7&ticket=t`)).json(), { id: "a", width: 7 });
  const moved = await fetch(`${served.url}/moved`, { redirect: "manual" });
  assert.equal(moved.headers.get("location"), "http://x/there");
  assert.equal(moved.headers.get("x-content-type-options"), "nosniff");
  await moved.body?.cancel();
  const busy = await fetch(`${served.url}/things/busy`);
  assert.equal(busy.headers.get("retry-after"), "2");
  await busy.body?.cancel();
});

Deno.test("Uploads arrive whole, as bytes and as forms", async () => {
  await using served = await serve();
  const bytes = await fetch(`${served.url}/upload`, post("x".repeat(1000), { "content-type": "image/png" }));
  assert.deepEqual(await bytes.json(), { bytes: 1000 });
  const form = new FormData();
  form.set("file", new File(["y".repeat(300)], "a.bin"));
  assert.deepEqual(await (await fetch(`${served.url}/upload`, { method: "POST", body: form })).json(), { bytes: 300 });
  form.set("file", new File(["y".repeat(3000)], "a.bin"));
  const large = await fetch(`${served.url}/upload`, { method: "POST", body: form });
  assert.equal(large.status, 413);
  await large.body?.cancel();
});

Deno.test("HEAD is GET without its body, and OPTIONS says what there is", async () => {
  await using served = await serve();
  const head = await fetch(`${served.url}/things/a`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-type"), "application/json");
  assert.equal((await head.bytes()).length, 0);
  const missing = await fetch(`${served.url}/things/none`, { method: "HEAD" });
  assert.equal(missing.status, 404);
  await (await fetch(`${served.url}/events`, { method: "HEAD" })).bytes();
  await until("the stream that nobody reads is ended", () => served.log.streamed === 0);
  const options = await fetch(`${served.url}/things`, { method: "OPTIONS" });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get("allow"), "GET, POST, HEAD, OPTIONS");
  const wrong = await fetch(`${served.url}/things/a`, { method: "PUT", body: "{}" });
  assert.equal(wrong.headers.get("allow"), "GET, DELETE, PATCH, HEAD, OPTIONS");
  await wrong.body?.cancel();
});

Deno.test("Pages carry a strict policy, and the guard's headers join the answer's own", async () => {
  const guard: Guard = {
    admit: (_, { address }) =>
      Promise.resolve({
        caller: { id: "test", role: "viewer", address },
        headers: { vary: "origin", "cross-origin-resource-policy": "cross-origin" },
      }),
    preflight: () => new Response(null, { status: 204, headers: { "access-control-max-age": "60" } }),
  };
  await using served = await serve({ guard });
  const page = await fetch(`${served.url}/page`);
  await page.body?.cancel();
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'.*frame-ancestors 'none'/);
  assert.deepEqual(page.headers.get("vary")!.split(/, ?/).sort(), ["accept", "origin"]);
  assert.equal(page.headers.get("cross-origin-resource-policy"), "cross-origin");
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
  const asked = await fetch(`${served.url}/things`, { method: "OPTIONS" });
  assert.equal(asked.headers.get("access-control-max-age"), "60");
});

Deno.test("Whoever the guard turns away learns nothing of what there is", async () => {
  const guard: Guard = {
    ...openGuard,
    admit: () =>
      Promise.reject(new Problem("unauthorized", "A token is needed", { headers: { "www-authenticate": "Bearer" } })),
  };
  await using served = await serve({ guard });
  for (
    const [path, init] of [["/things"], ["/nope"], ["/things", { method: "PUT" }], ["/things", post("{")]] as const
  ) {
    const response = await fetch(served.url + path, init);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    await response.body?.cancel();
  }
});

Deno.test("A client that goes away ends its call, and everything that was taken is given back", async () => {
  let held = 0;
  const guard: Guard = {
    ...openGuard,
    admit: (_, { address }) => {
      held++;
      return Promise.resolve({ caller: { id: "t", role: "viewer", address }, release: () => void held-- });
    },
  };
  await using served = await serve({ guard });
  const { log } = served;
  const leaving = new AbortController();
  const waiting = fetch(`${served.url}/wait`, { signal: leaving.signal }).catch(() => {});
  const events = await fetch(`${served.url}/events`, { signal: leaving.signal });
  await until("both are being answered", () => held === 2 && log.streamed === 1);
  assert.equal(log.active, 2);
  leaving.abort();
  await waiting;
  await events.body?.cancel().catch(() => {});
  await until("both have ended", () => log.active === 0 && held === 0 && log.streamed === 0);
  assert.deepEqual(log.aborted.sort(), ["events", "wait"]);
  assert.deepEqual(log.faults, []);
  await until(
    "it is counted as given up",
    () => log.requests.some(({ route, status }) => route === "/wait" && status === 499),
  );
});

Deno.test("A WebSocket keeps its place until it closes", async () => {
  let held = 0;
  const guard: Guard = {
    ...openGuard,
    admit: (_, { address }) => {
      held++;
      return Promise.resolve({ caller: { id: "t", role: "viewer", address }, release: () => void held-- });
    },
  };
  await using served = await serve({ guard });
  const socket = new WebSocket(`${served.url.replace("http", "ws")}/ws`);
  const echoed = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
  socket.onopen = () => socket.send("hello");
  assert.equal(await echoed, "hello");
  assert.deepEqual([held, served.log.active], [1, 1]);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  await until("its place is free", () => held === 0 && served.log.active === 0);
  assert.deepEqual(served.log.requests, [{ route: "/ws", method: "GET", status: 101 }]);
});

Deno.test("When the server stops, whoever waits is told so", async () => {
  await using served = await serve();
  const waiting = fetch(`${served.url}/wait`);
  await until("it is being answered", () => served.log.active === 1);
  served.stop();
  const response = await waiting;
  assert.equal(response.status, 503);
  assert.equal((await response.json()).code, "unavailable");
  assert.deepEqual(served.log.faults, []);
});

Deno.test("Requests are counted by route, not by what strangers write into addresses", async () => {
  await using served = await serve();
  for (const path of ["/things/a", "/things/b", "/nope/1"]) await (await fetch(served.url + path)).body?.cancel();
  await (await fetch(`${served.url}/things`, { method: "BREW" })).body?.cancel();
  await until("all are counted", () => served.log.requests.length >= 4);
  assert.deepEqual(served.log.requests, [
    { route: "/things/{id}", method: "GET", status: 200 },
    { route: "/things/{id}", method: "GET", status: 200 },
    { route: "unmatched", method: "GET", status: 404 },
    { route: "unmatched", method: "OTHER", status: 405 },
  ]);
});

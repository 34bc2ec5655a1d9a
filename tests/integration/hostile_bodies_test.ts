import assert from "node:assert/strict";
import type { Route } from "../../src/api/route.ts";
import { GuestServer } from "../support/guest_server.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";

const COUNTER = { kind: "scene", scene: "counter", fps: 2, width: 64, height: 64 };
const generous = { limits: { readsPerMinute: 1_000_000, writesPerMinute: 1_000_000 } };

/** Where a route is tried. */
const at = (route: Route, id = "count") => route.path.replaceAll(/\{\w+\}/g, id);

interface Answer {
  status: number;
  code?: string;
  told: string;
}

async function tried(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const problem = response.headers.get("content-type")?.startsWith("application/problem+json");
  const told = problem ? await response.text() : "";
  await response.body?.cancel().catch(() => {});
  return { status: response.status, ...(problem && { code: JSON.parse(told).code }), told };
}

/** Refused, with a code, and not as a fault of the server's. */
function assertRefused({ status, code, told }: Answer, what: string): void {
  assert.ok(status >= 400 && status < 500 && code !== undefined, `${what}: ${status} ${told}`);
}

const DEEP = 10_000;
const WRONG: [what: string, body: string][] = [
  ["nothing", ""],
  ["a text that is no JSON", "{]"],
  ["null", "null"],
  ["a number", "7"],
  ["a text", '"text"'],
  ["a list", "[]"],
  ["a list of lists", "[[[]]]"],
  ["a key that is not known", '{"nobodyKnowsThis":1}'],
  ["an object's innards", '{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}'],
  ["lists ten thousand deep", "[".repeat(DEEP) + "]".repeat(DEEP)],
  ["objects ten thousand deep", '{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP)],
  ["a key ten thousand times", `{${Array.from({ length: DEEP }, () => '"a":1').join()}}`],
  ["ten thousand keys", `{${Array.from({ length: DEEP }, (_, key) => `"k${key}":1`).join()}}`],
  ["a text in half a surrogate", '{"id":"\\ud800","source":{"kind":"\\udfff"}}'],
];

Deno.test("every route that takes JSON refuses what is of another shape, deep, or no JSON at all", async () => {
  await using server = await GuestServer.start(generous);
  await server.run({ id: "count", source: COUNTER });
  const routes = server.routes.filter(({ body, hidden }) => body && !("media" in body) && !hidden);
  assert.ok(routes.length >= 4);
  for (const route of routes) {
    for (const [what, body] of WRONG) {
      const answer = await tried(server.url + at(route), {
        method: route.method,
        headers: { "content-type": "application/json" },
        body,
      });
      // Some take an empty object's worth of nothing.
      if (answer.status < 300 && what === "nothing") continue;
      assertRefused(answer, `${route.id}: ${what}`);
    }
  }
  assert.deepEqual((await server.ask("GET", "/api/v1/streams")).streams.map(({ id }: { id: string }) => id), ["count"]);
});

/** Values of every type where a registration has something else. */
const VALUES = [null, true, -1, 1e308, "", "x".repeat(5000), [], [[]], {}, { kind: {} }];

Deno.test("a registration with a value of another type anywhere in it is refused, by the path of that value", async () => {
  await using server = await GuestServer.start(generous);
  const good = {
    id: "good",
    source: { kind: "scene", scene: "counter", seed: 7, width: 64, height: 64, fps: 2 },
    pipeline: [{ analyzer: "counter" }],
    policy: { mode: "latest", fps: 2, weight: 1, capacity: 8, restarts: { count: 1, withinMs: 1000 } },
    sinks: [{ kind: "jsonl", types: ["result"] }],
    labels: { site: "north" },
  };
  const places = [
    "id",
    "source",
    "pipeline",
    "policy",
    "sinks",
    "labels",
    "source.kind",
    "source.scene",
    "source.seed",
  ];
  places.push("source.width", "pipeline.0", "pipeline.0.analyzer", "policy.mode", "policy.fps", "policy.restarts");
  places.push("policy.restarts.count", "sinks.0", "sinks.0.kind", "sinks.0.types", "sinks.0.types.0", "labels.site");
  for (const place of places) {
    for (const value of VALUES) {
      const body = structuredClone(good);
      const keys = place.split(".");
      // deno-lint-ignore no-explicit-any -- any place in it
      const owner = keys.slice(0, -1).reduce((inside: any, key) => inside[key], body);
      owner[keys.at(-1)!] = value;
      const answer = await tried(`${server.url}/api/v1/streams`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const told = `${place}: ${JSON.stringify(value).slice(0, 40)}`;
      if (answer.status === 201) {
        // An empty list of steps or sinks, an empty policy, a text for a label are what they may be.
        assert.ok(FITTING.has(place), `${told} is taken`);
        await server.ask("DELETE", `/api/v1/streams/${body.id}`);
        continue;
      }
      assertRefused(answer, told);
      assert.equal(answer.code, "invalid", told);
      const paths = JSON.parse(answer.told).errors.map(({ path }: { path: string }) => path);
      assert.ok(paths.some((path: string) => path.startsWith(keys[0])), `${told}: ${paths}`);
    }
  }
});

const FITTING = new Set(["pipeline", "sinks", "policy", "labels", "labels.site", "source.seed", "policy.fps"]);

/** Names that lead elsewhere in a file system, a header, an object, a log. */
const NAMES = [
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "..%5c..%5cwindows",
  "%2fetc%2fpasswd",
  "%c0%ae%c0%ae",
  "%ff%fe",
  "a%00b",
  "a%0d%0aset-cookie:%20b",
  "%e2%80%ae",
  "~probe-1",
  "__proto__",
  "constructor",
  "x".repeat(64),
  "x".repeat(4000),
  "%25%32%65",
  "file:%2f%2f%2fetc",
  "%24%7bjndi:ldap%7d",
];

Deno.test("no parameter of any route leads out of what it names", async () => {
  await using server = await GuestServer.start(generous);
  await server.run({ id: "count", source: COUNTER });
  const routes = server.routes.filter(({ path, hidden }) => path.includes("{") && !hidden);
  assert.ok(routes.length >= 8);
  for (const route of routes) {
    for (const name of NAMES) {
      const answer = await tried(server.url + at(route, name), {
        method: route.method,
        ...(route.body && { headers: { "content-type": "application/json" }, body: '{"labels":{}}' }),
      });
      assertRefused(answer, `${route.method} ${at(route, name).slice(0, 100)}`);
      assert.doesNotMatch(answer.told, /root:x:0/);
    }
  }
  assert.deepEqual((await server.ask("GET", "/api/v1/streams")).streams.map(({ id }: { id: string }) => id), ["count"]);
});

Deno.test("what a registration names on disk stays below the directories that are meant for it", async () => {
  const root = await Deno.makeTempDir({ prefix: "weir-media-" });
  try {
    await Deno.symlink("/etc/passwd", `${root}/link.mp4`);
    await using server = await GuestServer.start({ ...generous, sources: { mediaRoot: root } });
    const sources = ["/etc/passwd", "../../etc/passwd", `${root}/../etc/passwd`, "link.mp4", "file:///etc/passwd"]
      .map((path) => ({ kind: "file", path }));
    const urls = ["file:///etc/passwd", "concat:/etc/passwd", "http://169.254.169.254/"]
      .map((url) => ({ kind: "url", url }));
    const graphs = [
      "movie=/etc/passwd",
      "testsrc2,movie=/etc/passwd",
      "life=filename=/etc/passwd",
      "cellauto=f=/etc/passwd",
    ]
      .map((device) => ({ kind: "camera", format: "lavfi", device }));
    for (const source of [...sources, ...urls, ...graphs]) {
      for (const [path, body] of [["streams", { id: "out", source }], ["probe", { source }]] as const) {
        const answer = await tried(`${server.url}/api/v1/${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        assertRefused(answer, `${path}: ${JSON.stringify(source)}`);
        assert.doesNotMatch(answer.told, /root:x:0/);
      }
    }
    for (const name of ["../out", "a/../../b", "..", ".", "a\\b", "/tmp/out", "", "a\0b"]) {
      for (const sink of [{ kind: "jsonl", name }, { kind: "jsonl", file: name }]) {
        const answer = await tried(`${server.url}/api/v1/streams`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ id: "out", source: COUNTER, sinks: [sink] }),
        });
        assertRefused(answer, JSON.stringify(sink));
      }
    }
    for (const model of ["/etc/passwd", "../../../etc/passwd", "/dev/zero", "/proc/self/environ", root]) {
      const answer = await tried(`${server.url}/api/v1/streams`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ id: "out", source: COUNTER, pipeline: [{ model }] }),
      });
      assertRefused(answer, model);
      assert.doesNotMatch(answer.told, /root:x:0|PATH=/);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("every query refuses what it does not know, and what comes twice", async () => {
  await using server = await GuestServer.start(generous);
  await server.run({ id: "count", source: COUNTER });
  const routes = server.routes.filter(({ query, hidden }) => query && !hidden);
  assert.ok(routes.length >= 6);
  for (const route of routes) {
    const upgrade = route.kind === "upgrade" ? { upgrade: "websocket", connection: "upgrade" } : undefined;
    const ask = (query: string) =>
      tried(`${server.url}${at(route)}?${query}`, { method: route.method, ...(upgrade && { headers: upgrade }) });
    for (const query of ["nobodyKnowsThis=1", "__proto__=1", "%ff=1", "a=%", "constructor[a]=1"]) {
      assertRefused(await ask(query), `${route.id}?${query}`);
    }
  }
});

Deno.test("a body of a hundred megabytes is refused by what it announces, or as soon as there is too much of it", async () => {
  await using server = await GuestServer.start();
  const head = "POST /api/v1/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  const piece = new Uint8Array(1 << 20).fill(0x20);
  const whole = 100;
  const tooLarge = (text: string) => text.includes('"code":"too_large"');
  {
    using tcp = await GuestTcp.open(server.port);
    await tcp.send(`${head}Content-Length: ${whole * piece.length}\r\n\r\n`);
    assert.deepEqual(statusesIn(await tcp.until(tooLarge)), [413], "before anything of it has come");
  }
  {
    using tcp = await GuestTcp.open(server.port);
    await tcp.send(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (let sent = 0; sent < 3; sent++) {
      for (const part of [`${piece.length.toString(16)}\r\n`, piece, "\r\n"]) await tcp.send(part);
    }
    assert.deepEqual(statusesIn(await tcp.until(tooLarge)), [413], "long before its end");
    for (let sent = 3; sent < whole; sent++) {
      for (const part of [`${piece.length.toString(16)}\r\n`, piece, "\r\n"]) await tcp.send(part);
    }
  }
  assert.equal(await server.answered(413), 2);
  assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" });
});

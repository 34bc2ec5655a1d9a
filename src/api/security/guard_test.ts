import assert from "node:assert/strict";
import { authSchema, limitsSchema, serverSchema } from "../../../config/server_schema.ts";
import type { Guard, GuardContext } from "../guard.ts";
import { Problem } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { createGuard } from "./guard.ts";
import { Tickets } from "./tickets.ts";

const LOCAL = "http://127.0.0.1:8080";
const TOKENS = [
  { name: "wall", token: "viewer-token-0123456", role: "viewer" },
  { name: "desk", token: "operator-token-01234", role: "operator" },
  { name: "root", token: "admin-token-01234567", role: "admin" },
];

const routes = {
  health: made({ path: "/health", role: "public" }),
  list: made({ path: "/api/v1/streams" }),
  create: made({ path: "/api/v1/streams", method: "POST", role: "operator" }),
  events: made({ path: "/api/v1/events", kind: "stream" }),
  socket: made({ path: "/api/v1/ws", kind: "upgrade" }),
  picture: made({
    path: "/api/v1/streams/{id}/frame.jpg",
    answers: { 200: { description: "", media: "image/jpeg" } },
  }),
};

function made(part: Partial<Route>): Route {
  return route({
    method: "GET",
    path: "/",
    id: "test",
    tag: "test",
    summary: "",
    role: "viewer",
    answers: { 200: { description: "" } },
    handle: () => undefined,
    ...part,
  });
}

interface Setup {
  server?: Record<string, unknown>;
  auth?: Record<string, unknown>;
  limits?: Record<string, unknown>;
}

function setUp({ server = {}, auth = {}, limits = {} }: Setup = {}) {
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const tickets = new Tickets({ now });
  const guard = createGuard({
    server: serverSchema.parse(server),
    auth: authSchema.parse(auth),
    limits: limitsSchema.parse(limits),
    tickets,
    loginsPerMinute: 3,
    now,
  });
  return { guard, tickets, clock };
}

type Ask = Partial<GuardContext> & { method?: string; url?: string; headers?: Record<string, string> };

function admit(guard: Guard, { method, url = `${LOCAL}/x`, headers = {}, address = "127.0.0.1", route }: Ask = {}) {
  const request = new Request(url, { method: method ?? route?.method ?? "GET", headers });
  return guard.admit(request, { address, route: route ?? routes.list });
}

async function refused(admission: Promise<unknown>): Promise<Problem> {
  try {
    await admission;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error;
  }
  assert.fail("It was let in");
}

async function code(admission: Promise<unknown>): Promise<string> {
  return (await refused(admission)).code;
}

Deno.test("on loopback without a token whoever is on this machine is admin", async () => {
  const { guard } = setUp();
  for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.9.9.9", "localhost."]) {
    const { caller } = await admit(guard, { headers: { host }, route: routes.create });
    assert.deepEqual(caller, { id: "127.0.0.1", role: "admin", by: "machine", address: "127.0.0.1" }, host);
  }
  assert.equal((await admit(guard, { address: "::ffff:127.0.0.1" })).caller.role, "admin");
});

Deno.test("on loopback another name for this machine is refused, unless it is configured", async () => {
  const { guard } = setUp({ server: { names: ["weir.lan", "fd00::5"] } });
  const bad = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::2]",
    "evil.localhost",
  ];
  for (const host of [...bad, "localhost:80@evil.example", "localhost, evil.example", "localhost/x", ""]) {
    for (const route of [routes.list, routes.create, routes.health]) {
      const problem = await refused(admit(guard, { headers: { host }, route }));
      assert.deepEqual([problem.code, problem.status], ["host", 421], host);
    }
  }
  assert.equal((await admit(guard, { headers: { host: "Weir.LAN:8080" } })).caller.role, "admin");
  assert.equal((await admit(guard, { headers: { host: "[fd00::5]:8080" } })).caller.role, "admin");
});

Deno.test("pages of other origins are refused unless they are listed", async () => {
  const { guard } = setUp({ server: { origins: ["https://wall.example/", "http://localhost:3000"] } });
  const from = (origin: string, more = {}) => admit(guard, { headers: { host: "127.0.0.1:8080", origin, ...more } });
  const foreign = ["http://evil.example", "null", "http://127.0.0.1:8081", "http://localhost:8080", "file://", "x"];
  for (const origin of [...foreign, "https://wall.example.evil.example", "http://wall.example"]) {
    assert.equal(await code(from(origin)), "origin", origin);
  }
  assert.equal(await code(from(LOCAL, { "sec-fetch-site": "cross-site" })), "origin");
  const own = new Headers((await from(LOCAL)).headers);
  assert.equal(own.get("access-control-allow-origin"), null);
  assert.equal(own.get("vary"), "Origin");
  const listed = new Headers((await from("https://wall.example", { "sec-fetch-site": "cross-site" })).headers);
  assert.equal(listed.get("access-control-allow-origin"), "https://wall.example");
  assert.equal(listed.get("access-control-allow-credentials"), null);
  assert.equal(listed.get("cross-origin-resource-policy"), "cross-origin");
});

Deno.test("a page of the same host is another one when its browser says so", async () => {
  const { guard } = setUp({ server: { origins: ["https://127.0.0.1:8080"] } });
  const origin = "https://127.0.0.1:8080";
  const other = await admit(guard, { headers: { host: "127.0.0.1:8080", origin, "sec-fetch-site": "cross-site" } });
  assert.equal(new Headers(other.headers).get("access-control-allow-origin"), origin);
  const own = await admit(guard, { headers: { host: "127.0.0.1:8080", origin, "sec-fetch-site": "same-origin" } });
  assert.equal(new Headers(own.headers).get("access-control-allow-origin"), null);
});

Deno.test("requests that another site's page sends without an origin only look at what is public", async () => {
  const { guard } = setUp();
  for (const site of ["cross-site", "same-site"]) {
    const headers = { "sec-fetch-site": site };
    assert.equal(await code(admit(guard, { headers })), "origin");
    assert.equal(await code(admit(guard, { headers, route: routes.picture })), "origin");
    assert.equal(await code(admit(guard, { headers, route: routes.health, method: "POST" })), "origin");
    assert.equal((await admit(guard, { headers, route: routes.health })).caller.role, "viewer");
  }
  for (const site of ["same-origin", "none"]) {
    assert.equal((await admit(guard, { headers: { "sec-fetch-site": site } })).caller.role, "admin");
  }
});

Deno.test("what a proxy passed on counts as remote, and is told how to get a token", async () => {
  const { guard } = setUp();
  const headers = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Whatever", "X-Real-IP", "Via"];
  for (const name of headers) {
    const problem = await refused(admit(guard, { headers: { [name]: "x" } }));
    assert.deepEqual([problem.code, problem.status], ["unauthorized", 401], name);
    assert.match(problem.message, /WEIR_TOKEN/);
    assert.match(problem.headers["www-authenticate"], /^Bearer/);
    assert.equal(
      await code(admit(guard, { headers: { [name]: "x", authorization: "Bearer anything" } })),
      "unauthorized",
    );
  }
  assert.equal(await code(admit(guard, { address: "192.168.1.9" })), "unauthorized");
  const seen = await admit(guard, { headers: { "x-forwarded-for": "8.8.8.8" }, route: routes.health });
  assert.equal(seen.caller.role, "viewer");
});

Deno.test("with a token configured, or beyond loopback, everything but the public asks for one", async () => {
  const beyond = { server: { host: "0.0.0.0" } };
  for (const setup of [{ auth: { tokens: TOKENS } }, beyond, { ...beyond, auth: { tokens: TOKENS } }]) {
    const { guard } = setUp(setup);
    assert.equal(await code(admit(guard)), "unauthorized");
    const unknown = guard.admit(new Request(`${LOCAL}/no/such`), { address: "127.0.0.1" });
    assert.equal(await code(unknown), "unauthorized");
    assert.equal((await admit(guard, { route: routes.health })).caller.role, "viewer");
  }
});

Deno.test("a token's role decides, and each role includes those before it", async () => {
  const { guard } = setUp({ server: { host: "0.0.0.0" }, auth: { tokens: TOKENS } });
  const expected = { wall: ["viewer", false], desk: ["operator", true], root: ["admin", true] };
  for (const { name, token } of TOKENS) {
    const [role, creates] = expected[name as keyof typeof expected];
    const headers = { authorization: `bearer ${token}`, host: "cams.example" };
    const { caller } = await admit(guard, { headers, address: "9.9.9.9" });
    assert.deepEqual(caller, { id: name, role, by: "token", address: "9.9.9.9" });
    if (creates) await admit(guard, { headers, route: routes.create });
    else assert.equal(await code(admit(guard, { headers, route: routes.create })), "role");
  }
});

Deno.test("what is no token of ours is refused, whatever its form", async () => {
  const token = TOKENS[2].token;
  const wrong = [
    ...["", "Bearer", "Bearer ", `Basic ${btoa(`root:${token}`)}`, token, `Bearer ${token}x`, `Bearer ${token} x`],
    ...[`Bearer ${token.slice(1)}`, `Bearer ${token.toUpperCase()}`, `Bearer ${"x".repeat(9000)}`, "Bearer a.b.c"],
  ];
  for (const authorization of wrong) {
    const { guard } = setUp({ auth: { tokens: TOKENS } });
    const problem = await refused(admit(guard, { headers: { authorization } }));
    assert.equal(problem.code, "unauthorized", authorization);
    assert.ok(!problem.message.includes(token));
  }
  const { guard } = setUp({ auth: { tokens: TOKENS } });
  assert.equal(await code(admit(guard, { url: `${LOCAL}/x?token=${token}&ticket=${token}` })), "unauthorized");
});

Deno.test("who guesses tokens has to wait, and nobody else has to", async () => {
  const { guard, clock } = setUp({ auth: { tokens: TOKENS } });
  const guess = (address: string, token = "0123456789abcdef") =>
    admit(guard, { address, headers: { authorization: `Bearer ${token}` } });
  for (let n = 0; n < 3; n++) assert.equal(await code(guess(`2001:db8::${n}`)), "unauthorized");
  const problem = await refused(guess("2001:db8::9", TOKENS[0].token));
  assert.deepEqual([problem.code, problem.headers["retry-after"]], ["rate_limited", "20"]);
  assert.equal((await guess("2001:db8:0:1::9", TOKENS[0].token)).caller.id, "wall");
  clock.ms += 20_000;
  assert.equal((await guess("2001:db8::9", TOKENS[0].token)).caller.id, "wall");
});

Deno.test("each caller has so many reads and changes a minute", async () => {
  const { guard, clock } = setUp({ auth: { tokens: TOKENS }, limits: { readsPerMinute: 2, writesPerMinute: 1 } });
  const as = (index: number, route: Route) =>
    admit(guard, { headers: { authorization: `Bearer ${TOKENS[index].token}` }, route });
  await as(1, routes.list);
  await as(1, routes.list);
  assert.equal(await code(as(1, routes.list)), "rate_limited");
  await as(1, routes.create);
  assert.equal(await code(as(1, routes.create)), "rate_limited");
  await as(2, routes.create);
  clock.ms += 60_000;
  await as(1, routes.create);
  await as(1, routes.list);
});

Deno.test("anonymous requests are counted by address", async () => {
  const { guard } = setUp({ server: { host: "0.0.0.0" }, limits: { readsPerMinute: 2 } });
  await admit(guard, { route: routes.health });
  assert.equal(await code(admit(guard)), "unauthorized");
  assert.equal(await code(admit(guard)), "rate_limited");
  await admit(guard, { route: routes.health, address: "10.0.0.9" });
});

Deno.test("open streams are limited, and a place that is given back is free", async () => {
  const { guard } = setUp({ auth: { tokens: TOKENS }, limits: { listeners: 3 } });
  const as = (index: number) =>
    admit(guard, { headers: { authorization: `Bearer ${TOKENS[index].token}` }, route: routes.events });
  const first = await as(0);
  await as(0);
  assert.equal(await code(as(0)), "too_many");
  await as(1);
  assert.equal(await code(as(2)), "too_many");
  first.release!();
  first.release!();
  await as(2);
  assert.equal(await code(as(1)), "too_many");
  const list = await admit(guard, { headers: { authorization: `Bearer ${TOKENS[0].token}` } });
  assert.equal(list.release, undefined);
});

Deno.test("a ticket opens streams, WebSockets and pictures, and nothing else", async () => {
  const { guard, tickets, clock } = setUp({ server: { host: "0.0.0.0" }, auth: { tokens: TOKENS } });
  const ticket = tickets.issue({ id: "wall" }, { role: "viewer" });
  const open = (route: Route, more = "") => admit(guard, { url: `${LOCAL}/p?ticket=${ticket}${more}`, route });
  for (const route of [routes.events, routes.picture, routes.events]) {
    assert.deepEqual((await open(route)).caller, { id: "wall", role: "viewer", by: "ticket", address: "127.0.0.1" });
  }
  for (const route of [routes.list, routes.create]) assert.equal(await code(open(route)), "unauthorized");
  assert.equal(await code(open(routes.events, "&ticket=other")), "unauthorized");
  await open(routes.socket);
  assert.equal(await code(open(routes.socket)), "unauthorized");
  assert.equal(await code(open(routes.events)), "unauthorized");
  const late = tickets.issue({ id: "wall" }, { role: "viewer" });
  clock.ms += 30_000;
  assert.equal(await code(admit(guard, { url: `${LOCAL}/p?ticket=${late}`, route: routes.events })), "unauthorized");
});

Deno.test("a ticket counts for what it says, also where nobody is asked for a token", async () => {
  const { guard, tickets } = setUp();
  const operate = made({ kind: "upgrade", role: "operator" });
  const viewer = tickets.issue({ id: "127.0.0.1" }, { role: "viewer" });
  assert.equal(await code(admit(guard, { url: `${LOCAL}/p?ticket=${viewer}`, route: operate })), "role");
  assert.equal(await code(admit(guard, { url: `${LOCAL}/p?ticket=made-up`, route: routes.events })), "unauthorized");
  const cross = { "sec-fetch-site": "cross-site" };
  const picture = tickets.issue({ id: "127.0.0.1" }, { role: "viewer", path: "/p" });
  const { headers } = await admit(guard, {
    url: `${LOCAL}/p?ticket=${picture}`,
    headers: cross,
    route: routes.picture,
  });
  assert.equal(new Headers(headers).get("cross-origin-resource-policy"), "cross-origin");
  const elsewhere = admit(guard, { url: `${LOCAL}/q?ticket=${picture}`, headers: cross, route: routes.picture });
  assert.equal(await code(elsewhere), "unauthorized");
});

Deno.test("beyond loopback the name counts only where names are configured; addresses always do", async () => {
  const auth = { tokens: TOKENS };
  const authorization = `Bearer ${TOKENS[0].token}`;
  const any = setUp({ server: { host: "0.0.0.0" }, auth });
  await admit(any.guard, { headers: { host: "whatever.example", authorization } });
  const named = setUp({ server: { host: "cams.lan", names: ["weir.example"] }, auth });
  for (const host of ["weir.example:8080", "cams.lan:8080", "192.168.1.4:8080", "localhost"]) {
    await admit(named.guard, { headers: { host, authorization } });
  }
  assert.equal(await code(admit(named.guard, { headers: { host: "whatever.example", authorization } })), "host");
});

Deno.test("browsers that ask beforehand are answered for listed origins alone", () => {
  const { guard } = setUp({ server: { origins: ["https://wall.example"] } });
  const ask = (headers: Record<string, string>) =>
    guard.preflight(new Request(`${LOCAL}/api/v1/streams`, { method: "OPTIONS", headers }), { address: "127.0.0.1" });
  const method = { "access-control-request-method": "PATCH" };
  const good = ask({ origin: "https://wall.example", ...method })!;
  assert.equal(good.status, 204);
  assert.equal(good.headers.get("access-control-allow-origin"), "https://wall.example");
  assert.match(good.headers.get("access-control-allow-methods")!, /\bPATCH\b/);
  assert.match(good.headers.get("access-control-allow-headers")!, /\bauthorization\b/);
  assert.equal(good.headers.get("access-control-allow-credentials"), null);
  assert.match(good.headers.get("vary")!, /Origin/);
  const bad = ask({ origin: "https://evil.example", ...method })!;
  assert.equal(bad.status, 403);
  assert.equal(bad.headers.get("access-control-allow-origin"), null);
  assert.equal(ask({ origin: "https://wall.example", host: "evil.example", ...method })!.status, 421);
  assert.equal(ask({ origin: "https://wall.example" }), undefined);
  assert.equal(guard.preflight(new Request(LOCAL), { address: "127.0.0.1" }), undefined);
});

Deno.test("a page that is let in may read why it was refused", async () => {
  const { guard } = setUp({ server: { origins: ["https://wall.example"] }, auth: { tokens: TOKENS } });
  const { code, headers } = await refused(admit(guard, { headers: { origin: "https://wall.example" } }));
  assert.equal(code, "unauthorized");
  assert.equal(headers["access-control-allow-origin"], "https://wall.example");
  assert.match(headers["www-authenticate"], /^Bearer/);
});

Deno.test("any origin may be let in where a token is asked for, never where none is", async () => {
  assert.throws(() => setUp({ server: { origins: ["*"] } }), /every web page/);
  const { guard } = setUp({ server: { origins: ["*"] }, auth: { tokens: TOKENS } });
  const authorization = `Bearer ${TOKENS[0].token}`;
  const { headers } = await admit(guard, { headers: { authorization, origin: "https://any.example" } });
  assert.equal(new Headers(headers).get("access-control-allow-credentials"), null);
  assert.equal(await code(admit(guard, { headers: { authorization, origin: "null" } })), "origin");
});

Deno.test("a configuration that cannot be meant so is refused at the start", () => {
  const server = [{ origins: ["example.org"] }, { origins: ["https://a.example/path"] }, { names: ["a b"] }];
  for (const section of [...server, { origins: ["null"] }, { origins: ["https://*.example"] }]) {
    assert.throws(() => setUp({ server: section }), /Cannot take/, JSON.stringify(section));
  }
  const twice = [TOKENS[0], { ...TOKENS[1], name: "wall" }];
  assert.throws(() => setUp({ auth: { tokens: twice } }), /two are called wall/);
  const same = [TOKENS[0], { ...TOKENS[0], name: "door", role: "admin" }];
  assert.throws(() => setUp({ auth: { tokens: same } }), /the same token/);
  assert.throws(() => setUp({ auth: { tokens: [{ name: "f", file: "/no/such/file" }] } }), /Cannot read the token f/);
});

Deno.test("pages of other sites cannot embed what they may not ask for", async () => {
  const headers = new Headers((await admit(setUp().guard)).headers);
  assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
});

Deno.test("behind a proxy that is known, whoever guesses tokens keeps nobody out but himself", async () => {
  const auth = { tokens: [{ name: "ops", token: "operator-token-0123456789", role: "operator" }] };
  const from = (client: string, token: string) => ({
    address: "10.0.0.2",
    headers: { authorization: `Bearer ${token}`, "x-forwarded-for": client },
  });
  const good = "operator-token-0123456789";
  for (const proxies of [["10.0.0.0/8"], []]) {
    const { guard } = setUp({ server: { host: "0.0.0.0", proxies }, auth });
    for (let guess = 0; guess < 3; guess++) {
      assert.equal((await refused(admit(guard, from("203.0.113.7", "wrong")))).code, "unauthorized");
    }
    assert.equal((await refused(admit(guard, from("203.0.113.7", good)))).code, "rate_limited");
    const other = admit(guard, from("203.0.113.8", good));
    if (proxies.length > 0) assert.equal((await other).caller.address, "203.0.113.8");
    else assert.equal((await refused(other)).code, "rate_limited", "nobody's word is believed");
  }
});

import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";
import { authSchema, limitsSchema, serverSchema } from "../../config/server_schema.ts";
import type { Guard } from "../../src/api/guard.ts";
import { type Role, ROLES, type Route, route } from "../../src/api/route.ts";
import { createGuard } from "../../src/api/security/guard.ts";
import { ticketRoutes, Tickets } from "../../src/api/security/tickets.ts";
import { Upgrade } from "../../src/api/http/exchange.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { createApi } from "../../src/api/server.ts";
import { nowMs } from "../../src/core/clock.ts";
import { until } from "../support/until.ts";
import { walkRoles } from "../support/walk_roles.ts";

const TOKENS: Record<Role, string> = {
  viewer: "viewer-token-0123456",
  operator: "operator-token-01234",
  admin: "admin-token-01234567",
};
const tokens = ROLES.map((role) => ({ name: role, token: TOKENS[role], role }));

/** One route of each sort, for each role. */
function sampleRoutes(): Route[] {
  const params = z.strictObject({ id: z.string() });
  const make = (part: Partial<Route> & Pick<Route, "id" | "path">) =>
    route({
      method: "GET",
      tag: "sample",
      summary: "",
      role: "viewer",
      answers: { 200: { description: "" } },
      handle: ({ caller }) => ({ caller }),
      ...part,
    });
  const stream = () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(": here\n\n")),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const upgrade: Route["handle"] = () =>
    new Upgrade((socket) => {
      socket.listen({ text() {}, bytes() {}, closed() {} });
      socket.send("hello");
    }, 1000);
  const picture = { 200: { description: "", media: "image/jpeg" } };
  return [
    make({ id: "health", path: "/health", role: "public" }),
    make({ id: "list", path: "/api/v1/things" }),
    make({ id: "one", path: "/api/v1/things/{id}", params }),
    make({ id: "make", path: "/api/v1/things", method: "POST", role: "operator" }),
    make({ id: "change", path: "/api/v1/things/{id}", method: "PATCH", role: "operator", params }),
    make({ id: "remove", path: "/api/v1/things/{id}", method: "DELETE", role: "admin", params }),
    make({ id: "events", path: "/api/v1/events", kind: "stream", handle: stream }),
    make({ id: "audit", path: "/api/v1/audit", kind: "stream", role: "admin", handle: stream }),
    make({ id: "socket", path: "/api/v1/ws", kind: "upgrade", handle: upgrade }),
    make({ id: "ingest", path: "/api/v1/ingest", kind: "upgrade", role: "operator", handle: upgrade }),
    make({ id: "picture", path: "/api/v1/frame.jpg", answers: picture, handle: () => new Response(new Uint8Array(1)) }),
  ];
}

interface Setup {
  server?: Record<string, unknown>;
  auth?: Record<string, unknown>;
  limits?: Record<string, unknown>;
  guard?: Guard;
}

async function started({ server = {}, auth = {}, limits = {}, guard }: Setup = {}) {
  const tickets = new Tickets({ now: nowMs });
  const routes = [...sampleRoutes(), ...ticketRoutes(tickets)];
  const stop = new AbortController();
  const made = guard ?? createGuard({
    server: serverSchema.parse(server),
    auth: authSchema.parse(auth),
    limits: limitsSchema.parse(limits),
    tickets,
  });
  const api = createApi({ routes, guard: made, signal: stop.signal });
  const listening = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  const { port } = listening;
  return {
    routes,
    port,
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await listening.close(20_000);
    },
  };
}

/** A request whose every header is ours; answers the status, the headers and the body as one text. */
async function raw(port: number, lines: string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n")));
  return await new Response(connection.readable).text();
}

async function ticketFor(origin: string, body: Record<string, unknown> = {}, role: Role = "viewer"): Promise<string> {
  const response = await fetch(`${origin}/api/v1/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKENS[role]}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 201);
  return (await response.json()).ticket;
}

/** How a WebSocket's opening ends: its first message, or `refused`. */
function opened(url: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let outcome = "refused";
    socket.onmessage = ({ data }) => {
      outcome = data;
      socket.close();
    };
    socket.onclose = () => resolve(outcome);
  });
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${(await response.json()).code}`;
}

Deno.test("every route lets in exactly the roles that it names", async () => {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    await using at = await started({ server: { host }, auth: { tokens } });
    assert.deepEqual(await walkRoles({ ...at, tokens: TOKENS }), []);
  }
});

Deno.test("a door that is open to all, or to nobody, does not go unnoticed", async () => {
  const admitAs = (role: Role): Guard => ({
    admit: (_request, { address }) => Promise.resolve({ caller: { id: "all", role, address } }),
    preflight: () => undefined,
  });
  await using open = await started({ guard: admitAs("admin") });
  const wrong = await walkRoles({ ...open, tokens: TOKENS });
  assert.ok(wrong.includes("GET /api/v1/things (viewer) as nobody: let in, not unauthorized"), wrong.join("\n"));
  assert.ok(wrong.includes("DELETE /api/v1/things/{id} (admin) as operator: let in, not role"));
  assert.ok(wrong.includes("GET /api/v1/things (viewer) as viewer's ticket: let in, not unauthorized"));
  assert.ok(!wrong.some((line) => line.includes("(public)")));
});

Deno.test("a page that makes its own name point here gets nothing", async () => {
  await using at = await started();
  for (const path of ["/api/v1/things", "/health", "/no/such"]) {
    const answer = await raw(at.port, [`GET ${path} HTTP/1.1`, `Host: evil.example:${at.port}`]);
    assert.match(answer, /^HTTP\/1\.1 421 /);
    assert.match(answer, /"code":"host"/);
  }
  assert.match(await raw(at.port, ["GET /api/v1/things HTTP/1.1", `Host: localhost:${at.port}`]), /"role":"admin"/);
});

Deno.test("a page of another site can neither change nor read anything, nor open a WebSocket", async () => {
  await using at = await started();
  const host = `Host: 127.0.0.1:${at.port}`;
  const forms = [
    ["POST /api/v1/things HTTP/1.1", "Origin: https://evil.example", "Content-Length: 0"],
    ["POST /api/v1/things HTTP/1.1", "Origin: null", "Content-Length: 0"],
    ["POST /api/v1/things HTTP/1.1", "Sec-Fetch-Site: cross-site", "Content-Length: 0"],
    ["GET /api/v1/things HTTP/1.1", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    ["OPTIONS /api/v1/things HTTP/1.1", "Origin: https://evil.example", "Access-Control-Request-Method: PATCH"],
  ];
  const key = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  for (const [first, ...rest] of [...forms, ["GET /api/v1/ws HTTP/1.1", "Origin: https://evil.example", ...key]]) {
    const answer = await raw(at.port, [first, host, ...rest]);
    assert.match(answer, /^HTTP\/1\.1 403 /, first);
    assert.doesNotMatch(answer, /access-control-allow-origin/i);
  }
});

Deno.test("a page that is listed may ask, and read its answers and its errors", async () => {
  const origin = "https://wall.example";
  await using at = await started({ server: { origins: [origin] }, auth: { tokens } });
  const asked = await fetch(`${at.origin}/api/v1/things`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
  });
  assert.equal(asked.status, 204);
  const headers = { origin, "sec-fetch-site": "cross-site" };
  const good = await fetch(`${at.origin}/api/v1/things`, {
    headers: { ...headers, authorization: `Bearer ${TOKENS.viewer}` },
  });
  const bad = await fetch(`${at.origin}/api/v1/things`, { headers });
  assert.deepEqual([good.status, await codeOf(bad)], [200, "401 unauthorized"]);
  for (const response of [asked, good, bad]) {
    assert.equal(response.headers.get("access-control-allow-origin"), origin);
    assert.match(response.headers.get("vary")!, /Origin/i);
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
  }
  await good.body?.cancel();
});

Deno.test("behind a proxy a server without a token lets nobody in, and says how to have one", async () => {
  await using at = await started();
  const headers = { "x-forwarded-for": "8.8.8.8" };
  const response = await fetch(`${at.origin}/api/v1/things`, { headers });
  assert.match(response.headers.get("www-authenticate")!, /^Bearer/);
  assert.match((await response.json()).detail, /WEIR_TOKEN/);
  const health = await fetch(`${at.origin}/health`, { headers });
  assert.equal(health.status, 200);
  await health.body?.cancel();
});

Deno.test("a ticket opens one WebSocket, and only the one it is for", async () => {
  await using at = await started({ auth: { tokens } });
  const socket = at.origin.replace("http:", "ws:");
  const ticket = await ticketFor(at.origin, { path: "/api/v1/ws" });
  assert.equal(await opened(`${socket}/api/v1/ws`), "refused");
  assert.equal(await opened(`${socket}/api/v1/ingest?ticket=${ticket}`), "refused");
  assert.equal(await opened(`${socket}/api/v1/ws?ticket=${ticket}`), "hello");
  assert.equal(await opened(`${socket}/api/v1/ws?ticket=${ticket}`), "refused");
  const looks = await ticketFor(at.origin, {}, "operator");
  assert.equal(await opened(`${socket}/api/v1/ingest?ticket=${looks}`), "refused");
  const sends = await ticketFor(at.origin, { role: "operator" }, "operator");
  assert.equal(await opened(`${socket}/api/v1/ingest?ticket=${sends}`), "hello");
});

Deno.test("an event stream that breaks off may come again with its ticket", async () => {
  await using at = await started({ auth: { tokens } });
  const ticket = await ticketFor(at.origin);
  for (let n = 0; n < 2; n++) {
    const response = await fetch(`${at.origin}/api/v1/events?ticket=${ticket}`);
    assert.equal(response.status, 200);
    await response.body!.cancel();
  }
  assert.equal(await codeOf(await fetch(`${at.origin}/api/v1/things?ticket=${ticket}`)), "401 unauthorized");
});

Deno.test("the place of a stream that ended is free again, also when its client just left", async () => {
  await using at = await started({ auth: { tokens }, limits: { listeners: 2 } });
  const headers = { authorization: `Bearer ${TOKENS.viewer}` };
  const open = () => fetch(`${at.origin}/api/v1/events`, { headers });
  const first = await open();
  assert.equal(first.status, 200);
  const second = await open();
  assert.equal(second.headers.get("retry-after"), "5");
  assert.equal(await codeOf(second), "429 too_many");
  await first.body!.cancel();
  await until(async () => {
    const response = await open();
    await response.body!.cancel();
    return response.status === 200;
  }, () => "a free place for an event stream");
  const socket = at.origin.replace("http:", "ws:");
  const tries = async () => await opened(`${socket}/api/v1/ws?ticket=${await ticketFor(at.origin)}`);
  for (let n = 0; n < 3; n++) {
    await until(async () => await tries() === "hello", () => "a free place for a WebSocket");
  }
});

Deno.test("who asks too often is told when to come back", async () => {
  await using at = await started({ auth: { tokens }, limits: { writesPerMinute: 1 } });
  const write = () =>
    fetch(`${at.origin}/api/v1/things`, { method: "POST", headers: { authorization: `Bearer ${TOKENS.admin}` } });
  const first = await write();
  assert.equal(first.status, 200);
  await first.body?.cancel();
  const second = await write();
  assert.ok(Number(second.headers.get("retry-after")) >= 1);
  assert.equal(await codeOf(second), "429 rate_limited");
});

Deno.test("signed tokens of an issuer with a key set are let in by their role", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(publicKey), kid: "k", alg: "ES256" };
  await using issuer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ keys: [jwk] }),
  );
  const jwks = `http://127.0.0.1:${issuer.addr.port}/jwks.json`;
  await using at = await started({ auth: { jwt: { jwks, issuer: "https://id.example", audience: "weir" } } });
  const ask = async (claims: Record<string, unknown>, audience = "weir") => {
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k" }).setSubject("ann")
      .setIssuer("https://id.example").setAudience(audience).setExpirationTime("5m").sign(privateKey);
    return await fetch(`${at.origin}/api/v1/things`, { headers: { authorization: `Bearer ${token}` } });
  };
  const good = await ask({ role: "operator" });
  const { caller: { expiresAtMs, ...caller } } = await good.json();
  assert.deepEqual(caller, { id: "ann", role: "operator", by: "jwt", address: "127.0.0.1" });
  assert.ok(expiresAtMs > Date.now());
  assert.equal(await codeOf(await ask({ role: "operator" }, "other")), "401 unauthorized");
  assert.equal(await codeOf(await ask({ role: "emperor" })), "403 role");
});

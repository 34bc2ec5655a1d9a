import assert from "node:assert/strict";
import { z } from "zod";
import { Problem } from "../problem.ts";
import type { Call, Caller } from "../route.ts";
import { ticketRoutes, Tickets } from "./tickets.ts";

function ticketsAt(options: { most?: number; mostOfOne?: number } = {}) {
  const clock = { ms: 0 };
  return { clock, tickets: new Tickets({ now: () => clock.ms, ...options }) };
}

const ann = { id: "ann" };
const viewer = { role: "viewer" } as const;
const again = { path: "/a", once: false };
const once = { path: "/a", once: true };

Deno.test("a ticket lives half a minute and no longer", () => {
  const { tickets, clock } = ticketsAt();
  const ticket = tickets.issue(ann, viewer);
  clock.ms = 29_999;
  assert.deepEqual(tickets.redeem(ticket, again), { id: "ann", role: "viewer" });
  clock.ms = 30_000;
  assert.equal(tickets.redeem(ticket, again), undefined);
  assert.equal(tickets.size, 0);
});

Deno.test("a ticket that was used up is good for nothing more, one that was not may come again", () => {
  const { tickets } = ticketsAt();
  const ticket = tickets.issue(ann, viewer);
  assert.ok(tickets.redeem(ticket, again));
  assert.ok(tickets.redeem(ticket, again));
  assert.ok(tickets.redeem(ticket, once));
  assert.equal(tickets.redeem(ticket, once), undefined);
  assert.equal(tickets.redeem(ticket, again), undefined);
});

Deno.test("a ticket for one path opens no other, and trying does not use it up", () => {
  const { tickets } = ticketsAt();
  const ticket = tickets.issue(ann, { ...viewer, path: "/a" });
  for (const path of ["/b", "/a/", "/A", "/a/b", ""]) {
    assert.equal(tickets.redeem(ticket, { path, once: true }), undefined);
  }
  assert.ok(tickets.redeem(ticket, once));
});

Deno.test("a ticket is good no longer than the token that it was given for, and tells when that ends", async () => {
  const { tickets } = ticketsAt();
  const expiresAtMs = Date.now() + 3_600_000;
  const ticket = tickets.issue({ ...ann, expiresAtMs }, viewer);
  assert.deepEqual(tickets.redeem(ticket, once), { id: "ann", role: "viewer", expiresAtMs });
  const late = tickets.issue({ ...ann, expiresAtMs: Date.now() - 1 }, viewer);
  assert.equal(tickets.redeem(late, again), undefined);
  const soon = await (await ask(tickets, { expiresAtMs: 1_700_000_000_000 }, {})).json();
  assert.equal(soon.expiresAt, "2023-11-14T22:13:20.000Z");
});

Deno.test("there are only so many tickets, of one and of all, until they are used or dead", () => {
  const { tickets, clock } = ticketsAt({ most: 3, mostOfOne: 2 });
  const full = (error: unknown) => error instanceof Problem && error.code === "too_many";
  const first = tickets.issue(ann, viewer);
  tickets.issue(ann, viewer);
  assert.throws(() => tickets.issue(ann, viewer), full);
  tickets.issue({ id: "bob" }, viewer);
  assert.throws(() => tickets.issue({ id: "eve" }, viewer), full);
  tickets.redeem(first, once);
  tickets.issue({ id: "eve" }, viewer);
  clock.ms = 30_000;
  for (let n = 0; n < 2; n++) tickets.issue(ann, viewer);
  assert.equal(tickets.size, 2);
});

Deno.test("no two tickets are alike, and none can be guessed from another", () => {
  const { tickets } = ticketsAt();
  const issued = Array.from({ length: 100 }, () => tickets.issue(ann, viewer));
  assert.equal(new Set(issued.map((ticket) => ticket.slice(0, 8))).size, 100);
  for (const ticket of issued) assert.match(ticket, /^[\w-]{43}$/);
});

async function ask(tickets: Tickets, caller: Partial<Caller>, body: unknown): Promise<Response> {
  const [create] = ticketRoutes(tickets);
  const call = {
    body: (create.body as z.ZodType).parse(body),
    caller: { id: "ann", role: "operator", address: "127.0.0.1", ...caller },
  };
  return await create.handle(call as Call) as Response;
}

Deno.test("who asks for a ticket gets one that looks only, or one for as much as he may do", async () => {
  const { tickets } = ticketsAt();
  const plain = await ask(tickets, {}, {});
  assert.equal(plain.status, 201);
  assert.equal(plain.headers.get("cache-control"), "no-store");
  const { ticket, role, expiresAt } = await plain.json();
  assert.equal(role, "viewer");
  assert.ok(Date.parse(expiresAt) > 0);
  assert.deepEqual(tickets.redeem(ticket, again), { id: "ann", role: "viewer" });
  const more = await (await ask(tickets, {}, { role: "operator", path: "/api/v1/ingest/door" })).json();
  assert.deepEqual(tickets.redeem(more.ticket, { path: "/api/v1/ingest/door", once: true }), {
    id: "ann",
    role: "operator",
  });
  await assert.rejects(
    ask(tickets, {}, { role: "admin" }),
    (error) => error instanceof Problem && error.code === "role",
  );
});

Deno.test("what does not fit is no request for a ticket", () => {
  const schema = ticketRoutes(ticketsAt().tickets)[0].body as z.ZodType;
  assert.ok(schema.safeParse({ path: "/a" }).success);
  for (const body of [{ role: "root" }, { path: "a" }, { path: "/a?x=1" }, { path: "" }, { life: 9 }, null]) {
    assert.ok(!schema.safeParse(body).success, JSON.stringify(body));
  }
});

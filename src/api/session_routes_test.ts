import assert from "node:assert/strict";
import type { Caller } from "./route.ts";
import { sessionRoutes } from "./session_routes.ts";

async function sessionOf(caller: Caller): Promise<unknown> {
  const [route] = sessionRoutes();
  const response = await route.handle({ caller } as Parameters<typeof route.handle>[0]) as Response;
  assert.equal(response.headers.get("cache-control"), "no-store");
  return await response.json();
}

Deno.test("everybody is told who he is, what he may do, and until when where there is an end", async () => {
  const address = "10.0.0.7";
  assert.deepEqual(await sessionOf({ id: "wall", role: "viewer", by: "token", address }), {
    id: "wall",
    role: "viewer",
    by: "token",
  });
  assert.deepEqual(
    await sessionOf({ id: "ann", role: "operator", by: "jwt", address, expiresAtMs: 1_700_000_000_000 }),
    { id: "ann", role: "operator", by: "jwt", expiresAt: "2023-11-14T22:13:20.000Z" },
  );
});

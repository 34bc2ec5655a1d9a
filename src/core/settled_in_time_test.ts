import assert from "node:assert/strict";
import { settledInTime } from "./settled_in_time.ts";

Deno.test("work that settles is told from work that does not, and what it rejects with is passed on", async () => {
  assert.equal(await settledInTime(Promise.resolve("done"), 60_000), true);
  assert.equal(await settledInTime(new Promise(() => {}), 1), false);
  assert.equal(await settledInTime(new Promise((resolve) => setTimeout(resolve, 5)), undefined), true);
  await assert.rejects(settledInTime(Promise.reject(new Error("broken")), 60_000), /broken/);
});

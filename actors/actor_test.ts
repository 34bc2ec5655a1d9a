import assert from "node:assert/strict";
import { type ActorExit, Lifecycle } from "./actor.ts";

const failed: ActorExit = { how: "failed", error: new Error("boom") };

Deno.test("dependants hear of the first end only, and only those that still care", () => {
  const life = new Lifecycle();
  const told: string[] = [];
  life.link((exit) => told.push(`one ${exit.how}`));
  const unlink = life.link((exit) => told.push(`two ${exit.how}`));
  unlink();
  life.tellLinks({ how: "stopped" });
  life.tellLinks(failed);
  assert.deepEqual(told, ["one stopped"]);
});

Deno.test("a dependant that comes too late hears at once, unless it thinks better of it", async () => {
  const life = new Lifecycle();
  life.tellLinks(failed);
  const told: ActorExit[] = [];
  life.link((exit) => told.push(exit));
  life.link((exit) => told.push(exit))();
  assert.deepEqual(told, []);
  await Promise.resolve();
  assert.deepEqual(told, [failed]);
});

Deno.test("a state is kept with its time and cause until the next", () => {
  const life = new Lifecycle();
  const before = life.since;
  life.move("failed", Object.assign(new Error("no weights"), { code: "not_found" }));
  assert.deepEqual([life.state, life.cause], ["failed", { code: "not_found", message: "no weights" }]);
  assert.ok(life.since >= before);
  life.move("stopped");
  assert.equal(life.cause, undefined);
});

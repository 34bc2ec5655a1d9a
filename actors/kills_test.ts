import assert from "node:assert/strict";
import { Kills } from "./kills.ts";

Deno.test("the bound on kills is told once, and what they may have cost grows with them", () => {
  let told = 0;
  const kills = new Kills({ bound: 3, onLeakBound: () => told++ });
  const tells = [1, 2, 3, 4].map(() => (kills.add(), told));
  assert.deepEqual(tells, [0, 0, 1, 1]);
  assert.deepEqual([kills.count, kills.leakedBytes, kills.leakedDescriptors], [4, 64 * 2 ** 20, 8]);
});

import assert from "node:assert/strict";
import { linesByFile, totals } from "./coverage.ts";

const LCOV = `SF:/repo/src/cli/run.ts
LH:3
LF:4
end_of_record
SF:/repo/actors/actor.ts
LH:5
LF:10
end_of_record
SF:/repo/actors/actor_test.ts
LH:9
LF:9
end_of_record
SF:/repo/src/console/main.tsx
LH:0
LF:100
end_of_record
SF:/elsewhere/node_modules/x.js
LH:1
LF:1
end_of_record
`;

Deno.test("coverage counts the program's lines by part, without tests, tools, packages and the page", () => {
  const { all, parts } = totals(linesByFile(LCOV, "/repo"));
  assert.deepEqual(all, { found: 14, hit: 8 });
  assert.deepEqual(Object.fromEntries(parts), { actors: { found: 10, hit: 5 }, "src/cli": { found: 4, hit: 3 } });
});

import assert from "node:assert/strict";
import { linesByFile, totals, unloaded } from "./coverage.ts";

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

Deno.test({
  name: "files that no test loads count with the lines that do something",
  // The process that reads TypeScript is told to end, and does so in its own time.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "weir-test-" });
    try {
      for (const folder of ["actors", "config", "models", "src/console", "streams"]) {
        await Deno.mkdir(`${root}/${folder}`, { recursive: true });
      }
      const files = {
        "actors/actor.ts": "export const loaded = 1;\n",
        "streams/lag.ts": "// Nobody reads this.\nexport const a: number = 1;\n\nexport const b = a;\n",
        "streams/types.ts": "export interface Frame {\n  width: number;\n}\n",
        "streams/lag_test.ts": "export const test = 1;\n",
        "src/console/main.tsx": "export const page = 1;\n",
      };
      for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(`${root}/${path}`, text);
      const left = await unloaded(new Map([["actors/actor.ts", { found: 1, hit: 1 }]]), root);
      assert.deepEqual(Object.fromEntries(left), { "streams/lag.ts": { found: 2, hit: 0 } });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

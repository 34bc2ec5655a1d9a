import assert from "node:assert/strict";
import { runsOut } from "./handover.ts";
import type { Step } from "./pipeline.ts";

const model = (name: string) => ({ name, spec: { name } }) as unknown as Step;
const analyzer = (name: string): Step => ({ name, analyzer: { push: () => undefined, reset() {} } });

Deno.test("old frames run out when new ones can wait at a model", () => {
  assert.equal(runsOut([model("a"), analyzer("x")], [model("b"), analyzer("x")]), true);
  assert.equal(runsOut([model("a")], [analyzer("x"), model("a")]), true);
  const gate = analyzer("gate");
  assert.equal(runsOut([gate, model("a")], [gate, model("b")]), true);
  assert.equal(runsOut([gate], [gate, model("b")]), true);
});

Deno.test("they do not where nothing waits, or an analyzer would see the newer frame first", () => {
  const x = analyzer("x");
  assert.equal(runsOut([model("a"), x], [x]), false);
  assert.equal(runsOut([model("a"), x], []), false);
  assert.equal(runsOut([model("a"), x], [x, model("a")]), false);
});

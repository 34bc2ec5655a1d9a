import assert from "node:assert/strict";
import { jsonText } from "./json_text.ts";

Deno.test("figures of a list stand on one line, and all that is said stays the same", () => {
  const value = {
    box: [1, 2.5, -3],
    points: [[0.1, 0.2], [0.3, 0.4]],
    when: "[ 1, 2 ]\n[\n 3\n]",
    tiny: [1e-7],
    no: [],
  };
  const text = jsonText(value);
  assert.ok(text.includes('"box": [1, 2.5, -3]'), text);
  assert.ok(text.includes("[0.1, 0.2],\n"), text);
  assert.deepEqual(JSON.parse(text), value);
});

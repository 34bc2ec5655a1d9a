import assert from "node:assert/strict";
import { fitLine } from "./fit_line.ts";

const PIECES = [["gate"], ["long bar", "bar"], ["25 fps in, 20 out", "20 fps"], ["model 31 ms"]];

Deno.test("a line says as much as there is room for, in whole words and figures", () => {
  const lines: [columns: number, line: string][] = [
    [100, "gate  long bar  25 fps in, 20 out  model 31 ms"],
    [46, "gate  long bar  25 fps in, 20 out  model 31 ms"],
    [45, "gate  long bar  20 fps  model 31 ms"],
    [34, "gate  bar  20 fps  model 31 ms"],
    [29, "gate  bar  20 fps"],
    [13, "gate  bar"],
    [8, "gate"],
    [3, "ga…"],
  ];
  for (const [columns, line] of lines) assert.equal(fitLine(PIECES, columns), line, `${columns} columns`);
});

Deno.test("what has nothing to say takes no room, and a letter beyond ASCII takes that of one", () => {
  assert.equal(fitLine([["gate"], [], [""], ["end"]], 9), "gate  end");
  assert.equal(fitLine([["ä".repeat(9)], ["end"]], 9), "ä".repeat(9));
});

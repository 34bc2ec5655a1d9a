import assert from "node:assert/strict";
import { join } from "node:path";
import { weir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";

const SOURCE = "scene:counter?seed=5&pace=fast&fps=10&seconds=3&width=320&height=180";
const ALERT = { name: "tens", when: "counter.value % 10 == 0", message: "it is {counter.value}", cooldownS: 0 };

Deno.test("alerts are lines of a run, each after its frame's result, the same every time, and are told on the terminal", () =>
  inDirectory(async (directory) => {
    const steps = ["--analyze", "counter", "--analyze", `alert:${JSON.stringify(ALERT)}`];
    const run = async (name: string, ...more: string[]) => {
      const out = join(directory, name);
      const { code, stderr } = await weir("run", SOURCE, ...steps, "--deterministic", "--out", out, ...more);
      assert.equal(code, 0, stderr);
      return { text: await Deno.readTextFile(out), stderr };
    };
    const first = await run("first.jsonl");
    const lines = first.text.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, 33);
    const alerts = lines.flatMap((line, index) => line.type === "alert" ? [{ ...line, index }] : []);
    assert.deepEqual(alerts.map(({ alert, message, pts }) => [alert, message, pts]), [
      ["tens", "it is 0", 0],
      ["tens", "it is 10", 1],
      ["tens", "it is 20", 2],
    ]);
    for (const { index, seq, at } of alerts) {
      assert.deepEqual([lines[index - 1].type, lines[index - 1].seq, at], ["result", seq, undefined]);
    }
    assert.match(first.stderr, /tens: it is 10/);
    const second = await run("second.jsonl", "--quiet");
    assert.equal(second.text, first.text);
    assert.doesNotMatch(second.stderr, /tens/);
  }));

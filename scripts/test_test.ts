import assert from "node:assert/strict";
import { groups } from "./test.ts";
import { runGroup, tally } from "./test_group.ts";

Deno.test("unit tests run by folder, then every integration test alone", () => {
  const files = ["tests/integration/b_test.ts", "streams/b_test.ts", "models/m_test.ts", "tests/integration/a_test.ts"];
  assert.deepEqual(groups([...files, "streams/av/a_test.ts"]), [
    ["models/m_test.ts"],
    ["streams/av/a_test.ts", "streams/b_test.ts"],
    ["tests/integration/a_test.ts"],
    ["tests/integration/b_test.ts"],
  ]);
});

Deno.test("a report is counted by test", () => {
  const report =
    `<testsuites><testcase name="a"></testcase><testcase name="b"><failure message="x">x</failure></testcase>
    <testcase name="c"><skipped/></testcase><testcase name="says &lt;failure&gt;"></testcase></testsuites>`;
  assert.deepEqual(tally(report, 1), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("a process that dies without naming a test counts as a failure", () => {
  assert.deepEqual(tally("", 139), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(tally(`<testcase name="a"></testcase>`, 1), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(tally(`<testcase name="a"></testcase>`, 0), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("a group that fails may be run again, one whose process died may not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir-test-group-" });
  try {
    const group = async (body: string) => {
      const path = `${folder}/${crypto.randomUUID()}_test.ts`;
      await Deno.writeTextFile(path, `Deno.test("one", () => { ${body} });`);
      const { seconds, ...run } = await runGroup([path], [], folder, false, () => {});
      assert.ok(seconds > 0);
      return run;
    };
    assert.deepEqual(await group(""), { passed: 1, failed: 0, skipped: 0, repeatable: false });
    assert.deepEqual(await group(`throw new Error("no");`), { passed: 0, failed: 1, skipped: 0, repeatable: true });
    const killed = await group(`Deno.kill(Deno.pid, "SIGKILL");`);
    assert.deepEqual(killed, { passed: 0, failed: 1, skipped: 0, repeatable: false });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

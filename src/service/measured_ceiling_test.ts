import assert from "node:assert/strict";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { type Measured, readMeasured, rememberMeasured, thisMachine } from "./measured_ceiling.ts";

const measured = (digit: string, about: Partial<Measured> = {}): Measured => ({
  label: "a network",
  sha256: digit.repeat(64),
  measuredAt: "2026-01-31T12:00:00.000Z",
  ...thisMachine(),
  version: "1.0.0",
  weirPerSecond: 40,
  barePerSecond: 42,
  disturbed: false,
  ...about,
});

Deno.test("a network that is measured again takes the place of its earlier figures, others keep theirs", async () => {
  await inDirectory(async (directory) => {
    const dataDir = `${directory}/not/there/yet`;
    assert.deepEqual(await readMeasured(dataDir), []);
    await rememberMeasured(dataDir, [measured("a"), measured("b")]);
    await rememberMeasured(dataDir, [measured("b", { weirPerSecond: 50 })]);
    assert.deepEqual(await readMeasured(dataDir), [measured("b", { weirPerSecond: 50 }), measured("a")]);
  });
});

Deno.test("only so many are remembered, and a file that is something else is as good as none", async () => {
  await inDirectory(async (dataDir) => {
    const digits = "0123456789abcdef";
    for (const first of "abc") {
      const many = [...digits].map((digit) => measured("x", { sha256: first + digit.repeat(63) }));
      await rememberMeasured(dataDir, many);
    }
    const kept = await readMeasured(dataDir);
    assert.equal(kept.length, 20);
    assert.deepEqual(new Set(kept.slice(0, 16).map(({ sha256 }) => sha256[0])), new Set("c"));
    for (const text of ["", "[]", '{"v":2,"models":[]}', '{"v":1,"models":[{"label":"x"}]}']) {
      await Deno.writeTextFile(`${dataDir}/ceiling.json`, text);
      assert.deepEqual(await readMeasured(dataDir), [], text);
    }
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { adapterNamed } from "../../models/registry.ts";
import { examineModel } from "../../models/manifest.ts";
import { openModel } from "../../models/onnx.ts";
import { place } from "../../src/vision/fit.ts";
import { inDirectory } from "../support/in_directory.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";

const NAME = "heads are trained on a folder of vectors, judged on people they have not seen, and run here";
const python = await guestPython("heads_requirements.txt");
const script = (name: string) => fileURLToPath(new URL(`../../scripts/train/${name}`, import.meta.url));

async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(python!, {
    args: ["-B", ...args],
    env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Vectors of people who differ in the last three numbers, and whose mood shows in the first. */
function csv(people: number, each: number): string {
  const rows = [["subject", ...Array.from({ length: 6 }, (_, n) => `e${n}`), "Mood", "Alertness"].join()];
  for (let person = 0; person < people; person++) {
    for (let n = 0; n < each; n++) {
      const mood = n % 4;
      const alert = n % 3;
      const who = [person % 3, person % 5, person % 7].map((value) => value / 7);
      const shake = ((person * 31 + n * 17) % 11) / 100;
      rows.push([`p${person}`, (mood - 1.5 + shake).toFixed(3), alert - shake, 0.5, ...who, mood, alert].join());
    }
  }
  return rows.join("\n");
}

Deno.test({
  name: NAME,
  ignore: skip(NAME, python !== undefined, "a Python that pip can install packages for"),
  fn: () =>
    inDirectory(async (folder) => {
      const data = join(folder, "data");
      const model = join(folder, "moods.onnx");
      await Deno.mkdir(data);
      await Deno.writeTextFile(join(data, "a.csv"), csv(20, 36));
      const trained = await run(script("heads.py"), "--data", data, "--out", model, "--rate", "0.01", "--seed", "3");
      assert.equal(trained.code, 0, trained.text);
      const card = await Deno.readTextFile(join(folder, "moods.md"));
      assert.match(card, /\| judge by \| 108 \| 3 \|/);
      const row = /\| Mood \| ([\d.]+) \| ([\d.-]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.-]+) \|/.exec(card);
      assert.ok(row, card);
      const [macroF1, kappa, accuracy, constantF1, constantKappa] = row.slice(1).map(Number);
      assert.ok(macroF1 > 0.9 && kappa > 0.9 && accuracy > 0.9, card);
      assert.ok(constantF1 < 0.2 && constantKappa === 0, card);

      const { spec } = await examineModel(model);
      assert.deepEqual([spec.task, spec.input.layout, spec.input.width], ["head", "vector", 6]);
      assert.deepEqual(spec.outputs.toSorted(), ["Alertness", "Mood"]);
      const opened = await openModel(model, { device: "cpu", threads: 1 });
      try {
        const data = Float32Array.of(1.5, 0, 0.5, 0.1, 0.2, 0.3);
        const outputs = await opened.run({ embedding: { type: "float32", dims: [1, 6], data } }, spec.outputs);
        const { heads } = adapterNamed("head").read(outputs, 0, spec, place(spec.input, 1, 1));
        assert.deepEqual([heads!.Mood.classId, heads!.Alertness.classId], [3, 0]);
      } finally {
        await opened.close();
      }
    }),
});

Deno.test({
  name: "nobody is in two parts of a split, and too few people are refused",
  ignore: python === undefined,
  fn: () =>
    inDirectory(async (folder) => {
      const check =
        "import sys; sys.path.insert(0, sys.argv[1]); import numpy as np; from heads_data import split_by_subject;" +
        "s = np.array([f'p{n % 13}' for n in range(200)]);" +
        "parts = [set(s[p]) for seed in range(20) for p in split_by_subject(s, seed)];" +
        "sets = [parts[i:i + 3] for i in range(0, 60, 3)];" +
        "assert all(not (a & b or b & c or a & c) and len(a | b | c) == 13 and all((a, b, c)) for a, b, c in sets)";
      const split = await run("-c", check, script("."));
      assert.equal(split.code, 0, split.text);
      await Deno.writeTextFile(join(folder, "a.csv"), csv(2, 12));
      const few = await run(script("heads.py"), "--data", folder, "--out", join(folder, "m.onnx"));
      assert.equal(few.code, 1);
      assert.match(few.text, /Cannot split 2 subjects/);
    }),
});

Deno.test({
  name: "the demonstration's vectors are made up by a seed, and its model says so",
  ignore: python === undefined,
  fn: () =>
    inDirectory(async (folder) => {
      const made = await run(script("heads_synthetic.py"), "--out", folder, "--subjects", "12", "--each", "20");
      assert.equal(made.code, 0, made.text);
      const notice = "synthetic demonstration";
      const model = join(folder, "demo.onnx");
      const trained = await run(
        ...[script("heads.py"), "--data", folder, "--out", model, "--epochs", "3", "--notice", notice],
      );
      assert.equal(trained.code, 0, trained.text);
      assert.equal((await examineModel(model)).spec.options?.notice, notice);
      assert.match(await Deno.readTextFile(join(folder, "demo.md")), /\*\*synthetic demonstration\*\*/);
      const builtin = await examineModel("engagement-demo");
      assert.match(String(builtin.spec.options?.notice), /^synthetic demonstration/);
      assert.deepEqual(builtin.spec.labels, ["very low", "low", "high", "very high"]);
    }),
});

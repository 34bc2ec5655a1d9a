import assert from "node:assert/strict";
import { listBuiltinModels } from "../../models/builtin_models.ts";
import { sha256Of } from "../../models/file_digest.ts";
import { assetTest } from "../../tests/support/assets.ts";
import { rateAgreement } from "../vision/pulse/rate_agreement.ts";
import { evalPulse } from "./eval_pulse.ts";
import { pulseHtml } from "./eval_pulse_html.ts";
import { openPulseNetwork } from "./eval_pulse_network.ts";
import { hashesNow, recordGate } from "./eval_pulse_record.ts";
import { figuresOf, gateOf, type PulseGuess, reportText, VIDEO_SETS } from "./eval_pulse_report.ts";
import { syntheticCases } from "./eval_pulse_sets.ts";
import { renderPortraits, videoGuesses, videosIn } from "./eval_pulse_videos.ts";

Deno.test("weights and generators are those whose evaluation is recorded, and any other fails the gate", async () => {
  const known = (await listBuiltinModels()).find(({ name }) => name === "weir-pulse")!;
  assert.equal(await sha256Of(known.file), known.sha256);
  const hashes = await hashesNow(known.sha256);
  assert.deepEqual(Object.keys(hashes), ["generator", "network", "weights", "training"]);
  assert.deepEqual((await recordGate(hashes)).filter(({ ok }) => !ok), []);
  for (const part of Object.keys(hashes)) {
    const failed = (await recordGate({ ...hashes, [part]: "0".repeat(64) })).filter(({ ok }) => !ok);
    assert.equal(failed.length, 1, part);
  }
});

Deno.test("every method is judged on every set, and what must hold does", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const { report, guesses } = await evalPulse({ traces: 20, recordings: folder });
    assert.deepEqual(report.sets.map(({ set }) => set), [
      "synthetic, noise 0.2 %",
      "synthetic, noise 0.6 %",
      "synthetic, noise 1.2 %",
      "restless, noise 0.2 %",
      "restless, noise 0.6 %",
    ]);
    for (const { windows, methods } of report.sets) {
      assert.equal(windows, 20);
      assert.deepEqual(methods.map(({ method }) => method), [
        "pos",
        "chrom",
        "lgi",
        "omit",
        "green",
        "auto",
        "live",
        "network",
      ]);
    }
    assert.deepEqual(report.gate.filter(({ ok }) => !ok), []);
    assert.ok(report.still.length === 3 && report.still.every(({ share }) => share <= 0.1));
    assert.match(reportText(report), /noise 0\.6 %: network MAE ≤ 4\.2/);
    const page = pulseHtml(report, guesses);
    assert.match(page, /not a medical device/);
    assert.equal((page.match(/<svg /g) ?? []).length, 1 + 5 * 8);
    assert.doesNotMatch(page, /NaN|undefined/);
  } finally {
    Deno.removeSync(folder);
  }
});

Deno.test("the network answers half a minute with a rate, and doubts what is no pulse", async () => {
  await using network = await openPulseNetwork();
  const [one] = [...syntheticCases(0.002, 1, { firstSeed: 5000 })];
  const { bpm, confidence } = await network.run(one.window);
  assert.ok(Math.abs(bpm - one.truth) < 1 && confidence > 0.9);
  let state = 1, sure = 0;
  for (let window = 0; window < 20; window++) {
    const [red, green, blue] = [180, 120, 100].map((level) =>
      Float64Array.from({ length: 900 }, () => {
        state = (Math.imul(1664525, state) + 1013904223) >>> 0;
        return level * (1 + 0.01 * (state / 2 ** 31 - 1));
      })
    );
    if ((await network.run({ ...one.window, trace: [red, green, blue] })).confidence >= 0.7) sure++;
  }
  assert.ok(sure <= 4, `${sure} of 20`);
});

Deno.test("a gate names what does not hold", () => {
  const guess = (method: string, truth: number, bpm: number): PulseGuess => ({
    set: "synthetic, noise 0.6 %",
    name: "seed",
    method,
    truth,
    bpm,
    confidence: 0.9,
  });
  const guesses = [60, 70, 80, 90].flatMap((
    truth,
  ) => [guess("network", truth, truth + 12), guess("pos", truth, truth + 1)]);
  const failed = gateOf(figuresOf(guesses, 0.7)).filter(({ ok }) => !ok).map(({ rule }) => rule);
  assert.ok(
    failed.includes("noise 0.6 %: network MAE ≤ 4.2") && failed.includes("noise 0.6 %: pos MAE over the network's > 1"),
  );
});

Deno.test("a network that reads videos has its rows, rules and plots beside the methods", () => {
  const guess = (set: string, method: string, error: number): PulseGuess[] =>
    [50, 72, 118].map((truth) => ({ set, name: "", method, truth, bpm: truth + error, confidence: 0.9 }));
  const guesses = [
    ...["pos", "live", "me_rppg"].flatMap((method) =>
      guess(VIDEO_SETS.photograph, method, method === "me_rppg" ? 3 : 0.5)
    ),
    ...guess(VIDEO_SETS.portrait, "live", -2.5),
  ];
  const sets = figuresOf(guesses, 0.7), hashes = { generator: "", network: "", weights: "" };
  const dark = ["pos", "live", "me_rppg"].map((method) => ({
    method,
    windows: 20,
    share: Number(method === "live") / 20,
  }));
  const gate = gateOf(sets, [], dark);
  assert.deepEqual(gate.filter(({ rule, ok }) => !ok && !rule.includes("confidence")).map(({ rule }) => rule), [
    "forehead in the dark: live gives a rate never",
    "photograph: me_rppg MAE ≤ 1",
    "portraits: live RMSE ≤ 2",
  ]);
  assert.equal(gate.filter(({ rule }) => /^(photograph|forehead|portraits)/.test(rule)).length, 11);
  const notice = "not a medical device" as const;
  const report = { v: 1 as const, notice, minConfidence: 0.7, hashes, sets, still: [], dark, gate, left: [] };
  assert.match(reportText(report), /me_rppg +3\.00 +3\.00/);
  assert.match(reportText(report), /forehead in the dark: live gives a rate for 5\.0 % of 20 windows/);
  assert.match(pulseHtml(report, guesses), /me_rppg: told over true rate[^]*me_rppg: Bland–Altman/);
});

assetTest(
  "rates are judged from decoding on, by each method and by a network with a state",
  ["data/models/me_rppg.onnx", ""],
  async (_, assets) => {
    const folder = await Deno.makeTempDir();
    try {
      const guesses = await videoGuesses(videosIn(assets).models, renderPortraits(folder, [118]));
      const [{ set, windows, methods }] = figuresOf(guesses, 0.7);
      assert.equal(set, VIDEO_SETS.portrait);
      assert.ok(windows >= 3, `${windows} windows`);
      assert.deepEqual(methods.map(({ method }) => method), [
        "pos",
        "chrom",
        "lgi",
        "omit",
        "green",
        "live",
        "me_rppg",
      ]);
      for (const { method, all } of methods) {
        assert.ok(all!.mae <= (method === "live" ? 2 : 5), `${method}: ${all!.mae}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("agreement is told by the usual figures", () => {
  const { mae, rmse, r, within5, within10, bias, limits } = rateAgreement([
    { bpm: 61, truth: 60 },
    { bpm: 69, truth: 70 },
    { bpm: 88, truth: 80 },
    { bpm: 90, truth: 90 },
  ])!;
  assert.deepEqual([mae, bias, within5, within10], [2.5, 2, 0.75, 1]);
  assert.ok(Math.abs(rmse - Math.sqrt(66 / 4)) < 1e-12 && Math.abs(limits - 1.96 * Math.sqrt(12.5)) < 1e-12);
  assert.ok(Math.abs(r - 530 / Math.sqrt(610 * 500)) < 1e-9);
  assert.equal(rateAgreement([]), undefined);
});

assetTest("rates of fingers on phones agree with a chest strap", ["vectors/welltory"], async (folder) => {
  const { report } = await evalPulse({ traces: 10, recordings: folder });
  const auto = report.sets.at(-1)!.methods.find(({ method }) => method === "auto")!;
  const { share, agreement } = auto.answered;
  assert.ok(share >= 0.9 && agreement!.mae <= 1.3 && agreement!.r >= 0.96 && agreement!.within5 >= 0.97);
  assert.ok(auto.sure.within5! >= 0.9);
});

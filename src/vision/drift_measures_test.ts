import assert from "node:assert/strict";
import golden from "../../tests/golden/drift.json" with { type: "json" };
import { assetTest } from "../../tests/support/assets.ts";
import {
  categoryHistograms,
  jensenShannon,
  kolmogorovSmirnov,
  normedWasserstein,
  populationStability,
  sturgesHistograms,
  wasserstein,
} from "./drift_measures.ts";

/** The samples of scripts/golden/drift.py. */
function shaped([seed, count, scale, shift, decimals]: number[]): number[] {
  let state = seed;
  const next = () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
  const unit = 10 ** decimals;
  return Array.from({ length: count }, () => {
    const mean = (next() + next() + next()) / 3;
    return Math.round((mean * scale + shift) * unit) / unit;
  });
}

function close(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );
}

for (const { name, histograms, psi, jensenShannon: js, wasserstein: carried, ks, ...samples } of golden.numeric) {
  Deno.test(`figures are those of evidently and SciPy: ${name}`, () => {
    const [reference, current] = [shaped(samples.reference), shaped(samples.current)];
    const bins = sturgesHistograms(reference, current);
    assert.deepEqual([bins.reference, bins.current], histograms);
    close(populationStability(bins.reference, bins.current), psi, "PSI");
    close(jensenShannon(bins.reference, bins.current), js, "Jensen–Shannon");
    close(normedWasserstein(reference, current), carried, "Wasserstein");
    const { statistic, p } = kolmogorovSmirnov(reference, current);
    close(statistic, ks[0], "Kolmogorov–Smirnov");
    close(p, ks[1], "its p");
  });
}

for (const [n, { reference, current, psi, jensenShannon: js }] of golden.categories.entries()) {
  Deno.test(`figures of kinds are those of evidently: ${n}`, () => {
    const drawn = (counts: Record<string, number | undefined>) =>
      Object.entries(counts).flatMap(([kind, count = 0]) => new Array<string>(count).fill(kind));
    const bins = categoryHistograms(drawn(reference), drawn(current));
    close(populationStability(bins.reference, bins.current), psi, "PSI");
    close(jensenShannon(bins.reference, bins.current), js, "Jensen–Shannon");
  });
}

assetTest("figures of kinds are those of the reference vectors", ["vectors/numeric.json"], async (path) => {
  const { drift_cat: { ref, cur, psi, js } } = JSON.parse(await Deno.readTextFile(path));
  const kinds = Object.keys(ref).sort();
  const counts = (of: Record<string, number>) => kinds.map((kind) => of[kind] ?? 0);
  close(populationStability(counts(ref), counts(cur)), psi, "PSI");
  close(jensenShannon(counts(ref), counts(cur)), js, "Jensen–Shannon");
});

Deno.test("the same twice is not apart, and a shift is a distance of just that", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  assert.equal(wasserstein(values, values), 0);
  close(wasserstein(values, values.map((value) => value + 2.5)), 2.5, "Wasserstein");
  const { statistic, p } = kolmogorovSmirnov(values, values);
  assert.deepEqual([statistic, p], [0, 1]);
  const { reference, current } = sturgesHistograms([7, 7, 7], [7, 7]);
  assert.deepEqual([reference, current], [[3], [2]]);
  assert.equal(populationStability(reference, current), 0);
});

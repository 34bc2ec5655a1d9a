import assert from "node:assert/strict";
import { countHota, hotaOf, sumHota } from "./hota.ts";
import { countMot, motMetricsOf, sumMot } from "./mot_metrics.ts";
import { type MotRow, motSequence } from "./mot_sequence.ts";

const box = (x: number): MotRow["box"] => [x, 0, 10, 10];

/** One thing, always at the same place, under the identities given; 0 when it is not there. */
function rows(identities: readonly number[]): MotRow[] {
  return identities.flatMap((id, index) => id === 0 ? [] : [{ frame: index + 1, id, box: box(0) }]);
}

const judge = (truth: MotRow[], tracked: MotRow[]) => {
  const sequence = motSequence(truth, tracked);
  return {
    hota: hotaOf(countHota(sequence)),
    counts: countMot(sequence),
    metrics: motMetricsOf(countMot(sequence)),
  };
};

Deno.test("the truth itself is perfect", () => {
  const truth = [...rows([1, 1, 1, 1]), ...rows([2, 2, 2, 2]).map((row) => ({ ...row, box: box(50) }))];
  const { hota, counts, metrics } = judge(truth, truth);
  assert.deepEqual(hota, { hota: 1, detA: 1, assA: 1, locA: 1 });
  assert.deepEqual(counts, { found: 8, missed: 0, extra: 0, switches: 0, overlap: 8, identified: 8 });
  assert.deepEqual(metrics, { mota: 1, motp: 1, idf1: 1, idp: 1, idr: 1 });
});

Deno.test("an identity that changes half way costs association, not detection", () => {
  const { hota, counts, metrics } = judge(rows([1, 1, 1, 1]), rows([5, 5, 6, 6]));
  assert.equal(hota.detA, 1);
  assert.equal(hota.assA, 0.5);
  assert.ok(Math.abs(hota.hota - Math.SQRT1_2) < 1e-12);
  assert.equal(counts.switches, 1);
  assert.equal(metrics.mota, 0.75);
  assert.equal(metrics.idf1, 0.5);
});

Deno.test("a return under another identity is a switch however long the gap, under the old one it is none", () => {
  assert.equal(judge(rows([1, 1, 1, 1, 1]), rows([5, 0, 0, 0, 6])).counts.switches, 1);
  assert.equal(judge(rows([1, 1, 1, 1, 1]), rows([5, 0, 0, 0, 5])).counts.switches, 0);
});

Deno.test("a pair of the frame before stays one though another overlaps more", () => {
  const truth = rows([1, 1]);
  const tracked = [{ frame: 1, id: 5, box: box(0) }, { frame: 2, id: 5, box: box(3) }, {
    frame: 2,
    id: 6,
    box: box(0),
  }];
  const { counts } = judge(truth, tracked);
  assert.equal(counts.switches, 0);
  assert.equal(counts.extra, 1);
});

Deno.test("what overlaps by less than half is not found by MOTA, and by HOTA at the lower thresholds only", () => {
  const { hota, counts } = judge(rows([1]), [{ frame: 1, id: 5, box: box(4) }]);
  assert.deepEqual([counts.found, counts.missed, counts.extra], [0, 1, 1]);
  // 6 of 14 are shared: 0.43, which the thresholds 0.05 to 0.4 accept.
  assert.equal(hota.detA, 8 / 19);
});

Deno.test("counts add up over sequences, which averages would not", () => {
  const long = motSequence(rows(Array(30).fill(1)), rows(Array(30).fill(5)));
  const short = motSequence(rows([1, 1]), rows([5, 6]));
  const hota = hotaOf(sumHota([countHota(long), countHota(short)]));
  assert.ok(Math.abs(hota.assA - (30 + 1) / 32) < 1e-12);
  const { mota, idf1 } = motMetricsOf(sumMot([countMot(long), countMot(short)]));
  assert.equal(mota, 31 / 32);
  assert.equal(idf1, 31 / 32);
});

Deno.test("nothing against nothing is not a number's fault", () => {
  const { hota, metrics } = judge([], []);
  for (const value of [...Object.values(hota), ...Object.values(metrics)]) assert.ok(Number.isFinite(value));
});

Deno.test("an identity twice in a frame is refused", () => {
  const twice = [...rows([1]), ...rows([1])];
  assert.throws(() => motSequence(twice, []), /The truth has identity 1 twice in frame 1/);
  assert.throws(() => motSequence([], twice), /The tracker has identity 1 twice in frame 1/);
});

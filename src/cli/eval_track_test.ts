import assert from "node:assert/strict";
import { join } from "node:path";
import { golden } from "../../tests/golden/recipe.ts";
import { assetTest } from "../../tests/support/assets.ts";
import type { Box, Detection } from "../core/results.ts";
import { evalCommand } from "./eval.ts";
import { evalTrack } from "./eval_track.ts";
import type { TrackFigures } from "./eval_track_report.ts";
import { UsageError } from "./usage_error.ts";

type Expected = Record<Exclude<keyof TrackFigures, "name" | "frames" | "identities">, number>;

interface Group {
  benchmark: string;
  cases: { name: string; truth: string; tracks: string; expected: Expected }[];
  combined: Expected;
}

const SHARES = new Set(["hota", "detA", "assA", "locA", "mota", "motp", "idf1", "idp", "idr"]);

function assertFigures(actual: TrackFigures, expected: Expected, what: string): void {
  for (const [key, value] of Object.entries(expected)) {
    const wanted = SHARES.has(key) ? 100 * value : value;
    const found = actual[key as keyof Expected];
    assert.ok(Math.abs(found - wanted) <= 0.005001, `${what}: ${key} is ${found} instead of ${wanted}`);
  }
}

async function withFiles(
  contents: Record<string, string>,
  run: (path: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(contents)) await Deno.writeTextFile(join(folder, name), text);
    await run((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const { benchmark, cases, combined } of golden<{ groups: Group[] }>("track_metrics.json").groups) {
  Deno.test(`files of ${benchmark} get TrackEval's figures, each and all together`, async () => {
    const contents = Object.fromEntries(
      cases.flatMap(({ name, truth, tracks }) => [[`${name}_gt.txt`, truth], [`${name}.txt`, tracks]]),
    );
    await withFiles(contents, async (path) => {
      const report = await evalTrack({
        tracks: cases.map(({ name }) => path(`${name}.txt`)),
        gt: cases.map(({ name }) => path(`${name}_gt.txt`)),
      });
      assert.deepEqual(report.sequences.map(({ name }) => name), cases.map(({ name }) => name));
      cases.forEach(({ name, expected }, index) => assertFigures(report.sequences[index], expected, name));
      assertFigures(report.combined, combined, "combined");
    });
  });
}

const TUD = ["vectors/mot/TUD-Campus/det.txt", "vectors/mot/TUD-Campus/gt.txt"];
const PUBLISHED = {
  sort: { hota: 45.26, mota: 62.67, idf1: 60.65, fp: 15, fn: 113, idsw: 6 },
  bytetrack: { hota: 51.39, mota: 61.28, idf1: 71.32, fp: 31, fn: 104, idsw: 4 },
  ocsort: { hota: 49.89, mota: 58.77, idf1: 69.24, fp: 24, fn: 121, idsw: 3 },
};

for (const [method, expected] of Object.entries(PUBLISHED)) {
  assetTest(`${method} reaches its reference's figures on public detections`, TUD, async (det, gt) => {
    const { combined } = await evalTrack({ det: [det], gt: [gt], method });
    for (const [key, value] of Object.entries(expected)) {
      const found = combined[key as keyof Expected];
      assert.ok(Math.abs(found - value) <= 0.5, `${key} is ${found} instead of ${value}`);
    }
  });
}

assetTest("dropped frames cost the trackers little, as time is true to them", TUD, async (det, gt) => {
  for (const method of ["bytetrack", "ocsort"]) {
    const options = { det: [det], gt: [gt], method, set: method === "ocsort" ? ["reconfirm=false"] : [] };
    const { combined: all } = await evalTrack(options);
    const { combined: third } = await evalTrack({ ...options, every: 3 });
    assert.equal(third.frames, 24);
    assert.ok(third.idf1 > all.idf1 - 8, `${method}: IDF1 falls from ${all.idf1} to ${third.idf1}`);
  }
});

assetTest(
  "MOT16 truth of a clip is read with its classes",
  ["data/truth/guts_utocs_crossing_gt_mot.txt"],
  async (gt) => {
    const { combined } = await evalTrack({ tracks: [gt], gt: [gt] });
    assert.deepEqual([combined.hota, combined.mota, combined.idf1], [100, 100, 100]);
    assert.deepEqual([combined.identities.truth, combined.tp], [5, 700]);
    const { combined: cars } = await evalTrack({ tracks: [gt], gt: [gt], classes: "3" });
    assert.deepEqual([cars.identities.truth, cars.tp, cars.fp], [1, 172, 528]);
  },
);

const person = (x: number, score = 0.9, label = "player"): Detection => ({
  box: [x, 50, 20, 60],
  label,
  classId: label === "player" ? 0 : 1,
  score,
});

function resultLine(seq: number, detections: Detection[]): string {
  const outputs = { detect: { model: "m", detections } };
  return JSON.stringify({ v: 1, type: "result", stream: "s", epoch: 1, seq, pts: (seq - 1) / 25, outputs });
}

function truthLine(frame: number, objects: { id: number; x: number; visible?: number; kind?: string }[]): string {
  return JSON.stringify({
    frame,
    objects: objects.map(({ id, x, visible = 1, kind = "player" }) => ({
      id,
      class: kind,
      box: [x, 50, 20, 60] as Box,
      visible,
    })),
  });
}

Deno.test("the lines of weir run are tracked and judged by the truth of weir scene, frames that were dropped left out", async () => {
  const numbers = [1, 2, 3, 4, 7, 8, 9, 10];
  const lines = numbers.map((seq) => resultLine(seq, [{ ...person(4 * seq), track: 99 }, person(300 - 4 * seq)]));
  const truth = Array.from(
    { length: 10 },
    (_, frame) => truthLine(frame, [{ id: 1, x: 4 * (frame + 1) }, { id: 2, x: 300 - 4 * (frame + 1) }]),
  );
  const contents = {
    "det.jsonl": [...lines, JSON.stringify({ v: 1, type: "gap" })].join("\n"),
    "truth.jsonl": truth.join("\n") + "\n",
  };
  await withFiles(contents, async (path) => {
    const { combined, options } = await evalTrack({ det: [path("det.jsonl")], gt: [path("truth.jsonl")] });
    assert.equal(options?.method, "bytetrack");
    assert.deepEqual([combined.frames, combined.tp, combined.fp, combined.fn, combined.idsw], [8, 16, 0, 0, 0]);
    assert.deepEqual(combined.identities, { truth: 2, tracked: 2 });
  });
});

Deno.test("of the truth only the classes asked for count, of the detections only the labels asked for", async () => {
  const seqs = Array.from({ length: 6 }, (_, index) => index + 1);
  const contents = {
    "det.jsonl": seqs.map((seq) => resultLine(seq, [person(10), person(200, 0.9, "referee")])).join("\n"),
    "truth.jsonl": seqs.map((seq) =>
      truthLine(seq - 1, [{ id: 1, x: 10 }, { id: 2, x: 200, kind: "referee" }, { id: 3, x: 400, visible: 0.1 }])
    ).join("\n"),
  };
  await withFiles(contents, async (path) => {
    const files = { det: [path("det.jsonl")], gt: [path("truth.jsonl")] };
    const counts = async (more: { classes?: string; labels?: string }) => {
      const { tp, fp, fn } = (await evalTrack({ ...files, ...more })).combined;
      return [tp, fp, fn];
    };
    assert.deepEqual(await counts({}), [12, 0, 0], "what is hidden need not be found");
    assert.deepEqual(await counts({ classes: "player" }), [6, 6, 0]);
    assert.deepEqual(await counts({ classes: "player", labels: "player" }), [6, 0, 0]);
    assert.deepEqual(await counts({ labels: "referee" }), [6, 0, 6]);
  });
});

Deno.test("options of the analyzer are set one by one and checked", async () => {
  const row = (frame: number, score: number) => `${frame},-1,10,10,20,40,${score},-1,-1,-1`;
  const contents = {
    "det.txt": [1, 2, 3, 4].map((frame) => row(frame, 0.5)).join("\r\n"),
    "gt.txt": [1, 2, 3, 4].map((frame) => `${frame},1,10,10,20,40,1,-1,-1,-1`).join("\n"),
  };
  await withFiles(contents, async (path) => {
    const files = { det: [path("det.txt")], gt: [path("gt.txt")] };
    assert.equal((await evalTrack(files)).combined.tp, 0);
    assert.equal((await evalTrack({ ...files, set: ["high=0.4", "start=0.4"] })).combined.tp, 4);
    await assert.rejects(evalTrack({ ...files, set: ["hihg=0.4"] }), /do not fit the tracker[^]*hihg/);
    await assert.rejects(evalTrack({ ...files, set: ["high"] }), /--set wants KEY=VALUE, not "high"/);
  });
});

Deno.test("what cannot be judged is refused with the reason", async () => {
  const contents = {
    "gt.txt": "1,1,10,10,20,40,1,-1,-1,-1\n",
    "words.txt": "1,1,10,10,20,40\nhello\n",
    "half.jsonl": '{"v":1,\n',
    "empty.jsonl": '{"v":1,"type":"state"}\n',
    "far.txt": "99999999,1,10,10,20,40,1\n",
    "two.jsonl": `${resultLine(1, [])}\n${resultLine(1, []).replace('"s"', '"t"')}\n`,
  };
  await withFiles(contents, async (path) => {
    const gt = [path("gt.txt")];
    const refused = (flags: Parameters<typeof evalTrack>[0], why: RegExp) =>
      assert.rejects(evalTrack(flags), (error) => error instanceof UsageError && why.test(error.message));
    await refused({}, /wants --det FILE or --tracks FILE/);
    await refused({ det: gt, tracks: gt, gt }, /give one/);
    await refused({ det: gt }, /1 sequences and the truth of 0/);
    await refused({ tracks: gt, gt, method: "sort" }, /tracked already/);
    await refused({ det: [path("nowhere.txt")], gt }, /Cannot read .*nowhere\.txt/);
    await refused({ det: [path("words.txt")], gt }, /Line 2 of .*words\.txt is not a line of MOT/);
    await refused({ det: [path("far.txt")], gt }, /too far/);
    await refused({ det: [path("half.jsonl")], gt }, /Line 1 of .*half\.jsonl is not JSON/);
    await refused({ det: [path("empty.jsonl")], gt }, /no results/);
    await refused({ det: [path("two.jsonl")], gt }, /several streams: s, t/);
    await refused({ det: gt, gt: [path("two.jsonl")] }, /not the truth of a scene/);
  });
  await assert.rejects(evalCommand(["trak"]), /did you mean track/);
  await assert.rejects(evalCommand([]), /wants to know what: .*track/);
  await assert.rejects(evalCommand(["track", "a.txt"]), /what is "a\.txt"/);
});

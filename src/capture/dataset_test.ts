import assert from "node:assert/strict";
import { join } from "node:path";
import type { CapturedFrame } from "../core/captures.ts";
import type { Detection } from "../core/results.ts";
import { capturedFrame } from "../../tests/support/captures.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { CaptureStore } from "./capture_store.ts";
import { readDataset, type Sample, splitDataset } from "./dataset.ts";
import { cocoInstances } from "./export_coco.ts";
import { exportYolo, yoloLabels } from "./export_yolo.ts";

const NOON = Date.parse("2026-01-31T12:00:00Z");

function found(detections: Partial<Detection>[], over: Partial<CapturedFrame> = {}): CapturedFrame {
  const frame = capturedFrame(over);
  const complete = detections.map((detection) => ({
    box: [4, 8, 16, 24] as [number, number, number, number],
    label: "person",
    classId: 0,
    score: 0.9,
    ...detection,
  }));
  return { ...frame, result: { ...frame.result, outputs: { detect: { model: "m", detections: complete } } } };
}

async function kept(directory: string, frames: CapturedFrame[]): Promise<void> {
  await using store = await CaptureStore.open({ directory, keep: { bytes: 1e9, files: 1e6 }, exclusive: true });
  for (const frame of frames) store.keepFrame(frame);
  await store.drained();
}

Deno.test("a dataset has what was found, inside its picture, by time and over all streams below a folder", async () => {
  await inDirectory(async (directory) => {
    await kept(join(directory, "gate"), [
      found([{ box: [-10, 40, 30, 100] }, { label: "car", score: 0.3 }], { atMs: NOON + 2 }),
      found([{ box: [70, 0, 10, 10] }], { atMs: NOON + 1 }),
    ]);
    await kept(join(directory, "yard"), [found([], { atMs: NOON, stream: "yard" })]);
    const { samples, labels, unreadable } = await readDataset(directory);
    assert.deepEqual(labels, ["car", "person"]);
    assert.deepEqual(unreadable, { count: 0 });
    assert.deepEqual(samples.map(({ stream, objects }) => [stream, objects]), [
      ["yard", []],
      // It lies beyond the picture, so there is nothing.
      ["gate", []],
      ["gate", [
        { label: "person", box: [0, 40, 20, 8], score: 0.9 },
        { label: "car", box: [4, 8, 16, 24], score: 0.3 },
      ]],
    ]);
    const sure = await readDataset(directory, { labels: ["car"], minScore: 0.5 });
    assert.deepEqual([sure.labels, sure.samples.flatMap(({ objects }) => objects)], [["car"], []]);
  });
});

Deno.test("where several steps found things one must be named, and a document that is none is told of", async () => {
  await inDirectory(async (directory) => {
    const frame = found([{}]);
    const { detect } = frame.result.outputs;
    await kept(directory, [
      { ...frame, result: { ...frame.result, outputs: { people: detect, cars: { model: "m", detections: [] } } } },
      capturedFrame({ atMs: NOON + 1, width: 0 }),
    ]);
    await assert.rejects(readDataset(directory), /Several steps found things, so say which counts: cars, people/);
    const { samples, unreadable } = await readDataset(directory, { step: "people" });
    assert.equal(samples[0].objects.length, 1);
    assert.equal(unreadable.count, 1);
    assert.match(unreadable.reason!, /\.json: .*width/s);
  });
});

const sample = (n: number, stream = "gate", over: Partial<Sample> = {}): Sample => ({
  ...{ id: `${n}`, atMs: n, stream, path: "", file: `${n}.jpg`, width: 200, height: 100 },
  objects: [{ label: "b", box: [50, 10, 100, 20], score: 0.5 }],
  ...over,
});

Deno.test("what validates is the latest of each stream", () => {
  const samples = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => sample(n, n % 4 === 0 ? "yard" : "gate"));
  const { train, val } = splitDataset(samples, 0.34);
  assert.deepEqual(val.map(({ id }) => id), ["4", "6", "7"]);
  assert.equal(train.length + val.length, samples.length);
});

Deno.test("COCO's numbers are pixels from the corner, with outlines where there are any", () => {
  const outlined = sample(1, "gate", {
    objects: [{
      label: "a",
      box: [0, 0, 10, 10],
      score: 0.5,
      track: 7,
      outlines: [[0, 0, 10, 0, 10, 10]],
    }],
  });
  const { images, annotations, categories } = cocoInstances([sample(0), outlined], ["a", "b"]);
  assert.deepEqual(categories, [{ id: 1, name: "a", supercategory: "" }, { id: 2, name: "b", supercategory: "" }]);
  assert.deepEqual((images as { id: number; file_name: string }[]).map(({ id, file_name }) => [id, file_name]), [
    [1, "0.jpg"],
    [2, "1.jpg"],
  ]);
  assert.deepEqual(annotations, [
    {
      ...{ id: 1, image_id: 1, category_id: 2, bbox: [50, 10, 100, 20], area: 2000, iscrowd: 0 },
      ...{ segmentation: [[50, 10, 150, 10, 150, 30, 50, 30]], score: 0.5 },
    },
    {
      ...{ id: 2, image_id: 2, category_id: 1, bbox: [0, 0, 10, 10], area: 50, iscrowd: 0 },
      ...{ segmentation: [[0, 0, 10, 0, 10, 10]], score: 0.5, track_id: 7 },
    },
  ]);
});

Deno.test("YOLO's numbers are shares of the picture, from the centre", () => {
  assert.equal(yoloLabels(sample(0), ["a", "b"]), "1 0.500000 0.200000 0.500000 0.200000\n");
});

Deno.test("a YOLO folder has a text for every picture, the empty ones too, and names its classes", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(join(directory, "p.jpg"), "picture");
    const path = join(directory, "p.jpg");
    const out = join(directory, "yolo");
    const parts = { train: [sample(0, "gate", { path })], val: [sample(1, "gate", { path, objects: [] })] };
    await exportYolo(out, parts, { labels: ["a", "b: c"] }, () => {});
    assert.equal(
      await Deno.readTextFile(join(out, "data.yaml")),
      'train: images/train\nval: images/val\nnames:\n  - a\n  - "b: c"\n',
    );
    assert.equal(await Deno.readTextFile(join(out, "labels", "val", "1.txt")), "");
    assert.equal(await Deno.readTextFile(join(out, "images", "train", "0.jpg")), "picture");
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { CaptureStore } from "../../src/capture/capture_store.ts";
import { weir } from "../support/command_line.ts";
import { GuestProcess } from "../support/guest_process.ts";
import { inDirectory } from "../support/in_directory.ts";
import { counterIn } from "../support/jpeg_picture.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";

const PITCH = "scene:pitch?pace=fast&seconds=2&width=640&height=360";
const python = await guestPython("capture_requirements.txt");

async function names(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
}

Deno.test("weir capture keeps so many frames of a source, every nth of them, and tells where", async () => {
  await inDirectory(async (directory) => {
    const raw = join(directory, "raw");
    const source = "scene:counter?pace=fast&seconds=20&width=320&height=180";
    const { code, stdout, stderr } = await weir(
      "capture",
      source,
      "--every",
      "3",
      "--max-frames",
      "7",
      "--output",
      raw,
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /7 pictures of scene:counter.*, are in/);
    const paths = stdout.trim().split("\n");
    assert.equal(paths.length, 7);
    await using store = await CaptureStore.open({ directory: raw, keep: { bytes: 1e9, files: 99 }, exclusive: true });
    await store.scanned;
    assert.equal(store.entries.length, 7);
    const numbers: (number | undefined)[] = [];
    for (const entry of store.entries) {
      assert.ok(paths.some((path) => path.endsWith(`${entry.id}.jpg`)));
      numbers.push(await counterIn(await Deno.readFile(store.path(entry, "jpg"))));
      const { stream, reasons } = await store.document(entry);
      assert.deepEqual([stream, reasons], ["capture", ["nth"]]);
    }
    assert.deepEqual(numbers.sort((a, b) => a! - b!), [0, 3, 6, 9, 12, 15, 18]);
  });
});

Deno.test("weir capture says what it wants, and fails where there is nothing to capture", async () => {
  await inDirectory(async (directory) => {
    const raw = join(directory, "raw");
    for (
      const [args, expected] of [
        [["--output", raw], /wants one source/],
        [["scene:counter"], /wants --output DIR/],
        [["scene:counter", "--output", raw, "--model", "no-such-model"], /no-such-model/],
      ] as const
    ) {
      const { code, stderr } = await weir("capture", ...args);
      assert.ok(code > 0);
      assert.match(stderr, expected);
    }
    const missing = await weir("capture", join(directory, "missing.mp4"), "--output", raw);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /there is no such file/);
  });
});

const coco = "what weir export writes for COCO is read by pycocotools, and scores itself as perfect";

Deno.test({
  name: coco,
  ignore: skip(coco, python !== undefined, "python3 with venv, and PyPI"),
  async fn() {
    await inDirectory(async (directory) => {
      const [raw, out] = [join(directory, "raw"), join(directory, "coco")];
      const captured = await weir("capture", PITCH, "--every", "10", "--model", "weir-pitch", "--output", raw);
      assert.equal(captured.code, 0, captured.stderr);
      const { code, stderr } = await weir("export", raw, "--format", "coco", "--output", out);
      assert.equal(code, 0, stderr);
      const script = fileURLToPath(new URL("../support/guests/coco_check.py", import.meta.url));
      await using guest = new GuestProcess(python!, [script, out]);
      const { code: ended, complaint } = await guest.ended;
      assert.equal(ended, 0, complaint);
      const [{ images, files, annotations, categories, areas, average_precision }] = guest.lines;
      assert.deepEqual([images, files, areas], [5, true, true]);
      assert.ok(annotations > 20, `${annotations} annotations`);
      assert.ok(categories.includes("player"));
      assert.ok(average_precision > 0.999, `${average_precision}`);
    });
  },
});

Deno.test("weir export makes a YOLO folder whose labels say what the documents say, and replaces none that is there", async () => {
  await inDirectory(async (directory) => {
    const [raw, out] = [join(directory, "raw"), join(directory, "yolo")];
    const captured = await weir("capture", PITCH, "--every", "10", "--model", "weir-pitch", "--output", raw);
    assert.equal(captured.code, 0, captured.stderr);
    const args = ["export", raw, "--format", "yolo", "--output", out, "--val", "0.4", "--label", "player"];
    const { code, stderr } = await weir(...args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /5 pictures \(3 to train, 2 to validate\); \d+ player/);
    const data = parse(await Deno.readTextFile(join(out, "data.yaml")));
    assert.deepEqual(data, { train: "images/train", val: "images/val", names: ["player"] });
    await using store = await CaptureStore.open({ directory: raw, keep: { bytes: 1e9, files: 99 }, exclusive: true });
    await store.scanned;
    for (const part of ["train", "val"]) {
      const images = await names(join(out, "images", part));
      const texts = await names(join(out, "labels", part));
      assert.deepEqual(texts, images.map((name) => name.replace(".jpg", ".txt")));
      for (const name of images) {
        const { result } = await store.document(store.find(name.replace(".jpg", ""))!) as {
          result: { outputs: { detect: { detections: { label: string }[] } } };
        };
        const players = result.outputs.detect.detections.filter(({ label }) => label === "player");
        const lines = (await Deno.readTextFile(join(out, "labels", part, name.replace(".jpg", ".txt")))).split("\n");
        assert.equal(lines.length - 1, players.length);
        for (const line of lines.slice(0, -1)) {
          assert.match(line, /^0 (?:0\.\d{6}|1\.000000)(?: (?:0\.\d{6}|1\.000000)){3}$/);
        }
      }
    }
    const again = await weir(...args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /exists already/);
  });
});

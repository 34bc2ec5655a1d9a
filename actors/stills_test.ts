import assert from "node:assert/strict";
import type { Turn, TurnInput, TurnRequest } from "../src/core/inference.ts";
import { nowMs } from "../src/core/clock.ts";
import { livePictures } from "../streams/av/picture.ts";
import { damagedPng, jpegImage, pngChunk, pngHeaderChunk, pngImage, pngOf } from "../tests/support/images.ts";
import { stillQuestion } from "../tests/support/still_question.ts";
import { type StillAnswer, type StillQuestion, Stills } from "./stills.ts";

/** Buffers that the images of one model may hold at once, with one replica. */
const BUFFERS = 3;

const LIMITS = { maxPixels: 10_000, maxWidth: 200, maxHeight: 200 };
const question = (image: Uint8Array, more: Partial<StillQuestion> = {}) =>
  stillQuestion(image, { limits: LIMITS, ...more });

/** Images whose turns are given out by hand. */
function rig() {
  const asked: { model: string; request: TurnRequest }[] = [];
  const waiting: { grant(expectedMs?: number): void }[] = [];
  const inputs: TurnInput[] = [];
  let passed = 0;
  const stills = new Stills({
    request(model, request, signal) {
      asked.push({ model, request });
      return new Promise<Turn>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        const run = (input: TurnInput) => {
          inputs.push(input);
          input.home.give(input.buffer);
          const output = { model: "eyes", detections: [] };
          return Promise.resolve({ output, startedAtMs: nowMs(), inferMs: 3, readMs: 0 });
        };
        waiting.push({
          grant: (expectedMs = 1) => resolve({ expectedMs, waitedMs: 0, run, pass: () => void passed++ }),
        });
      });
    },
  });
  const run = (image: Uint8Array, more?: Partial<StillQuestion>, signal = new AbortController().signal) =>
    stills.run(question(image, more), signal);
  return { run, asked, waiting, inputs, passed: () => passed, [Symbol.dispose]: () => stills[Symbol.dispose]() };
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));
const refusal = (answer: StillAnswer) => "refused" in answer ? answer.refused.code : JSON.stringify(answer);

Deno.test("an image is prepared before its turn, runs in it, and leaves nothing behind", async () => {
  using r = rig();
  const answer = r.run(jpegImage(96, 48), { deadlineMs: nowMs() + 60_000, overrides: { minScore: 0.9 } });
  await tick();
  assert.equal(livePictures().count, 0, "its picture is gone while it waits");
  const [{ model, request }] = r.asked;
  assert.deepEqual([model, request.stream, request.late], ["eyes~1", "~predict:me", false]);
  r.waiting[0].grant();
  const done = await answer;
  assert.ok("output" in done, JSON.stringify(done));
  assert.deepEqual([done.frame, done.output.model], [{ width: 96, height: 48 }, "eyes"]);
  assert.deepEqual(Object.keys(done.timings), ["decodeMs", "queueMs", "prepareMs", "inferMs", "postMs"]);
  assert.deepEqual([done.timings.inferMs, r.inputs[0].overrides], [3, { minScore: 0.9 }]);
});

Deno.test("an image lies as its orientation says", async () => {
  using r = rig();
  const answer = r.run(jpegImage(96, 48, { exif: 6 }));
  await tick();
  r.waiting[0].grant();
  assert.deepEqual((await answer as { frame: unknown }).frame, { width: 48, height: 96 });
});

Deno.test("what is no image is refused with its reason, a bomb by its header alone, and no buffer is lost to them", async () => {
  using r = rig();
  const bomb = pngOf(
    pngHeaderChunk(60_000, 60_000),
    pngChunk("IDAT", new Uint8Array(64)),
    pngChunk("IEND", new Uint8Array()),
  );
  for (let round = 0; round < BUFFERS + 1; round++) {
    assert.equal(refusal(await r.run(new TextEncoder().encode("<html>"))), "unsupported");
    assert.equal(refusal(await r.run(new Uint8Array())), "truncated");
    assert.equal(refusal(await r.run(bomb)), "too_large");
    assert.equal(refusal(await r.run(damagedPng(40, 40))), "undecodable");
  }
  assert.deepEqual([r.asked.length, livePictures().count], [0, 0]);
  const sound = r.run(pngImage(40, 40));
  await tick();
  r.waiting[0].grant();
  assert.ok("output" in await sound);
});

Deno.test("past its deadline an image gives its turn back and does not run", async () => {
  using r = rig();
  for (let round = 0; round < BUFFERS + 1; round++) {
    const answer = r.run(pngImage(40, 40), { deadlineMs: nowMs() + 60_000 });
    await tick();
    r.waiting.at(-1)!.grant(120_000);
    assert.deepEqual(await answer, { late: true, waitedMs: 0, expectedMs: 120_000 });
  }
  assert.deepEqual([r.passed(), r.inputs.length], [BUFFERS + 1, 0]);
});

Deno.test("only so many are prepared at once, and whoever gives up makes room wherever it stood", async () => {
  using r = rig();
  const controllers = Array.from({ length: BUFFERS + 2 }, () => new AbortController());
  const answers = controllers.map(({ signal }) => r.run(pngImage(40, 40), {}, signal));
  const given = answers.map((answer) => answer.then(() => "done", (error) => (error as Error).message));
  await tick();
  assert.equal(r.asked.length, BUFFERS, "the others wait undecoded");
  controllers[BUFFERS].abort(new Error("gave up in line"));
  controllers[0].abort(new Error("gave up before its turn"));
  assert.deepEqual([await given[BUFFERS], await given[0]], ["gave up in line", "gave up before its turn"]);
  await tick();
  assert.equal(r.asked.length, BUFFERS + 1, "the last in line took the free place");
  r.waiting.slice(1).forEach(({ grant }) => grant());
  assert.deepEqual(await Promise.all([given[1], given[2], given[BUFFERS + 1]]), ["done", "done", "done"]);
  assert.equal(livePictures().count, 0);
});

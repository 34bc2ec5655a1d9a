import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { TurnRequest } from "../src/core/inference.ts";
import { jpegImage, pngChunk, pngHeaderChunk, pngImage, pngOf } from "../tests/support/images.ts";
import { stillQuestion } from "../tests/support/still_question.ts";
import { DirectStills } from "./direct_stills.ts";
import type { StillAnswer, StillQuestion } from "./stills.ts";
import type { ClientTurn, ImageInput, ImageRun } from "./turn_client.ts";

const LIMITS = { maxPixels: 50_000_000, maxWidth: 10_000, maxHeight: 10_000 };
const PATIENCE_MS = 60_000;

const question = (image: Uint8Array, more: Partial<StillQuestion> = {}) =>
  stillQuestion(image, { limits: LIMITS, ...more });

/** Images whose turns are given out by hand. */
function rig({ takes = true } = {}) {
  const requests: TurnRequest[] = [];
  const waiting: ((turn: Partial<ClientTurn>) => void)[] = [];
  const inputs: ImageInput[] = [];
  let passed = 0;
  let withdrawn = 0;
  const stills = new DirectStills({
    takesImages: () => takes,
    turns: {
      request(_model, request, signal) {
        requests.push(request);
        return new Promise<ClientTurn>((resolve, reject) => {
          signal.addEventListener("abort", () => {
            withdrawn++;
            reject(signal.reason);
          }, { once: true });
          waiting.push((turn) =>
            resolve({ expectedMs: 1, waitedMs: 0, pass: () => void passed++, ...turn } as ClientTurn)
          );
        });
      },
    },
  });
  const run = (image: Uint8Array, more: Partial<StillQuestion> = {}, options = {}) =>
    stills.run(question(image, more), { timeoutMs: PATIENCE_MS, ...options });
  /** Gives the next turn, in which this comes of the image. */
  const grant = (made: ImageRun, expectedMs = 1) =>
    waiting.shift()!({
      expectedMs,
      runImage(input) {
        inputs.push(input);
        return Promise.resolve(made);
      },
    });
  return { run, grant, requests, inputs, passed: () => passed, withdrawn: () => withdrawn };
}

const ran: ImageRun = {
  output: { model: "eyes", detections: [] },
  startedAtMs: nowMs(),
  inferMs: 3,
  readMs: 0,
  image: { width: 48, height: 96, decodeMs: 1, prepareMs: 2 },
};

const refusal = async (answer: Promise<StillAnswer> | undefined) => {
  const given = await answer;
  return given && "refused" in given ? given.refused.code : JSON.stringify(given);
};

Deno.test("a small image goes to the replica as it came, in its caller's turn", async () => {
  const r = rig();
  const image = jpegImage(96, 48, { exif: 6 });
  const answer = r.run(image, { overrides: { minScore: 0.9 } });
  const [{ stream, late }] = r.requests;
  assert.deepEqual([stream, late], ["~predict:me", false]);
  r.grant(ran);
  const done = await answer!;
  assert.ok("output" in done, JSON.stringify(done));
  assert.deepEqual([done.frame, done.output.model], [{ width: 48, height: 96 }, "eyes"]);
  assert.deepEqual(Object.keys(done.timings), ["decodeMs", "queueMs", "prepareMs", "inferMs", "postMs"]);
  assert.deepEqual([done.timings.decodeMs, done.timings.prepareMs, done.timings.inferMs], [1, 2, 3]);
  const [{ bytes, header, overrides }] = r.inputs;
  assert.deepEqual([bytes, overrides], [image, { minScore: 0.9 }]);
  assert.deepEqual([header.codec, header.width, header.height, header.orientation.rotation], ["mjpeg", 96, 48, 90]);
});

Deno.test("large images, and models that take none, are left to the threads of streams", () => {
  assert.equal(rig().run(jpegImage(2048, 1024)), undefined);
  assert.equal(rig().run(new Uint8Array(600 * 1024)), undefined);
  assert.equal(rig({ takes: false }).run(jpegImage(32, 32)), undefined);
});

Deno.test("what is no image, or a bomb, is refused by its header and asks for no turn", async () => {
  const r = rig();
  const bomb = pngOf(
    pngHeaderChunk(60_000, 60_000),
    pngChunk("IDAT", new Uint8Array(64)),
    pngChunk("IEND", new Uint8Array()),
  );
  assert.equal(await refusal(r.run(new TextEncoder().encode("<html>"))), "unsupported");
  assert.equal(await refusal(r.run(new Uint8Array())), "truncated");
  assert.equal(await refusal(r.run(bomb)), "too_large");
  assert.equal(r.requests.length, 0);
});

Deno.test("an image that the replica cannot decode is refused, and a run that fails rejects", async () => {
  const r = rig();
  const damaged = r.run(pngImage(40, 40));
  r.grant({ error: "its bits are damaged", undecodable: true });
  assert.equal(await refusal(damaged), "undecodable");
  const failing = r.run(pngImage(40, 40))!;
  r.grant({ error: "Cannot run the model" });
  await assert.rejects(failing, /Cannot run the model/);
});

Deno.test("past its deadline an image gives its turn back and does not run", async () => {
  const r = rig();
  const answer = r.run(pngImage(40, 40), { deadlineMs: nowMs() + PATIENCE_MS });
  r.grant(ran, 2 * PATIENCE_MS);
  const late = await answer!;
  assert.ok("late" in late, JSON.stringify(late));
  assert.deepEqual([late.expectedMs, r.inputs.length, r.passed()], [2 * PATIENCE_MS, 0, 1]);
});

Deno.test("whoever gives up, or has waited for as long as he may, waits in no queue any more", async () => {
  const r = rig();
  const caller = new AbortController();
  const given = r.run(pngImage(40, 40), {}, { signal: caller.signal })!;
  caller.abort(new Error("The client is gone"));
  await assert.rejects(given, /The client is gone/);
  await assert.rejects(r.run(pngImage(40, 40), {}, { timeoutMs: 1 })!, { code: "timeout" });
  assert.equal(r.withdrawn(), 2);
});

import assert from "node:assert/strict";
import type { CapturedFrame, CaptureRules } from "../src/core/captures.ts";
import { Ledger } from "../src/core/ledger.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { pictureFromPixels } from "./av/picture.ts";
import { Capturer } from "./capturer.ts";
import { FrameInWork } from "./frame_in_work.ts";

const RULES: CaptureRules = {
  ...{ enabled: true, everyNth: 1, onAlert: false, perHour: 1e9, quality: 90 },
  keep: { bytes: 1e9, files: 1000 },
};

/** A capturer with frames to look at. */
function rig(rules: CaptureRules | undefined, emit: (capture: CapturedFrame) => void = () => {}) {
  const taken: CapturedFrame[] = [];
  const capturer = new Capturer({
    stream: "cam",
    emit: (capture) => {
      emit(capture);
      taken.push(capture);
    },
  });
  capturer.follow(rules, []);
  let seq = 0;
  const push = (outputs: Record<string, unknown> = {}, alerts: FrameInWork["alerts"] = []) => {
    const [width, height] = [64, 48];
    const data = new Uint8Array(width * height * 3).fill(99);
    const ledger = new Ledger();
    ledger.receive(++seq);
    const info = { stream: "cam", epoch: 1, seq, ptsUs: seq * 40_000, arrivedAtMs: 0 };
    const frame = new FrameInWork(info, pictureFromPixels({ width, height, format: "rgb24", data }), ledger);
    frame.alerts.push(...alerts);
    capturer.push(frame, {
      ...{ v: 1, type: "result", stream: "cam", epoch: 1, seq, pts: seq / 25, frame: { width, height } },
      outputs,
    } as ResultEnvelope);
    frame.complete();
  };
  return { capturer, push, taken };
}

Deno.test("without rules, or with rules that are off, nothing is looked at", () => {
  for (const rules of [undefined, { ...RULES, enabled: false }]) {
    const { capturer, push, taken } = rig(rules);
    push();
    assert.deepEqual([taken.length, capturer.usage], [0, undefined]);
  }
});

Deno.test("a picture is a JPEG of the whole frame, with the alerts that speak of it", () => {
  const { push, taken } = rig(RULES);
  push({}, [{ alert: "crowd", message: "many", picture: { width: 640, quality: 80, overlay: true } }]);
  const [{ image, width, height, alerts }] = taken;
  assert.deepEqual([...image.subarray(0, 2)], [0xff, 0xd8]);
  assert.deepEqual([width, height], [64, 48]);
  assert.deepEqual(alerts!.map(({ alert, message, seq }) => [alert, message, seq]), [["crowd", "many", 1]]);
  assert.ok(!JSON.stringify(alerts).includes("quality"));
});

Deno.test("so many may be on their way; those beyond are missed and counted until some have arrived", () => {
  const { capturer, push, taken } = rig(RULES);
  for (let n = 0; n < 11; n++) push();
  assert.deepEqual([taken.length, capturer.usage?.missed], [8, 3]);
  capturer.taken();
  push();
  assert.deepEqual([taken.length, capturer.usage?.taken], [9, 9]);
});

Deno.test("whatever goes wrong costs the picture and nothing else", () => {
  const broken = rig(RULES, () => {
    throw new Error("no way out");
  });
  broken.push();
  const { failed, taken, fault } = broken.capturer.usage!;
  assert.deepEqual([failed, taken, fault], [1, 0, "no way out"]);
  const odd = rig({ ...RULES, everyNth: undefined, below: 0.5 });
  for (const detections of [[null], "many", [{ score: NaN }], [{ score: "low" }]]) odd.push({ detect: { detections } });
  odd.push({ detect: { detections: [{ score: 0.4 }] } });
  assert.deepEqual(odd.taken.map(({ reasons, result }) => [reasons, result.seq]), [[["low"], 5]]);
});

Deno.test("other rules begin anew, the same rules go on counting", () => {
  const { capturer, push, taken } = rig({ ...RULES, everyNth: 3 });
  push();
  capturer.follow({ ...RULES, everyNth: 3 }, []);
  push();
  push();
  assert.deepEqual(taken.map(({ result }) => result.seq), [1]);
  capturer.follow({ ...RULES, everyNth: 2 }, []);
  push();
  assert.deepEqual(taken.map(({ result }) => result.seq), [1, 4]);
});

Deno.test("a day's sample goes on through other rules, and through none", () => {
  const { capturer, push, taken } = rig({ ...RULES, everyNth: undefined, reservoir: 1000 });
  push();
  capturer.follow(undefined, []);
  capturer.follow({ ...RULES, everyNth: undefined, reservoir: 500 }, []);
  push();
  const days = new Set(taken.map(({ reservoir }) => reservoir!.day));
  // At midnight it would begin anew.
  if (days.size === 1) assert.deepEqual(taken.map(({ reservoir }) => reservoir!.seen), [1, 2]);
});

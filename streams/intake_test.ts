import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { StreamPolicy } from "../src/core/stream.ts";
import type { Arrival } from "../src/core/source.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import { Intake } from "./intake.ts";

const policy = (over: Partial<StreamPolicy>): StreamPolicy => ({ mode: "latest", weight: 1, capacity: 4, ...over });

/** A camera of 25 frames a second with a key frame every `gop` and every other frame disposable. */
function camera(intake: Intake, gop: number, intraOnly = false) {
  intake.opened({ codec: intraOnly ? "mjpeg" : "h264", width: 64, height: 48, live: true, intraOnly });
  intake.startEpoch();
  let n = 0;
  return (count: number) => {
    const decoded: number[] = [];
    const end = n + count;
    for (; n < end; n++) {
      const role: Arrival["role"] = n % gop === 0 ? "key" : n % 2 ? "disposable" : "reference";
      const { info, decode } = intake.arrived({ ptsUs: n * 40_000, arrivedAtMs: nowMs(), role });
      if (!decode) continue;
      decoded.push(n);
      intake.decoded(info, new FakePicture());
    }
    return decoded;
  };
}

Deno.test("a frame nobody needs is not decoded when it is not asked for; one that others need is", () => {
  const intake = new Intake({ stream: "cam", policy: policy({ every: 5 }) });
  const subscription = intake.frames$.subscribe((frame) => frame.complete());
  const decoded = camera(intake, 50)(50);
  assert.ok(decoded.every((n) => n % 5 === 0 || n % 2 === 0), decoded.join());
  const { completed, dropped, unaccounted } = intake.ledger.read();
  assert.deepEqual([completed, dropped.sampled, unaccounted], [10, 40, 0]);
  subscription.unsubscribe();
});

Deno.test("when sampling is slower than key frames come, only key frames are decoded", () => {
  const intake = new Intake({ stream: "cam", policy: policy({ fps: 0.5 }) });
  const subscription = intake.frames$.subscribe((frame) => frame.complete());
  const run = camera(intake, 25);
  run(50);
  const decoded = run(250);
  assert.ok(decoded.every((n) => n % 25 === 0), decoded.join());
  const { completed, unaccounted } = intake.ledger.read();
  assert.ok(completed >= 5 && completed <= 7, `${completed}`);
  assert.equal(unaccounted, 0);
  subscription.unsubscribe();
});

Deno.test("of pictures that decode alone, only those asked for are decoded at all", () => {
  const intake = new Intake({ stream: "cam", policy: policy({ fps: 5 }) });
  const subscription = intake.frames$.subscribe((frame) => frame.complete());
  assert.equal(camera(intake, 1, true)(100).length, 20);
  subscription.unsubscribe();
});

Deno.test("under overload decoding gets cheaper, nothing is decoded without its references, and it recovers", () => {
  const intake = new Intake({ stream: "cam", policy: policy({}) });
  let overloaded = true;
  const subscription = intake.frames$.subscribe((frame) => {
    if (overloaded && frame.info.seq % 500 !== 1) {
      frame.drop("stale");
      intake.thrift.unused();
    } else {
      frame.complete();
      intake.thrift.used();
    }
  });
  const run = camera(intake, 12);
  run(60);
  assert.equal(intake.thrift.level, 2);
  const decoded = run(100);
  assert.ok(decoded.every((n) => n % 12 === 0), decoded.join());
  const { dropped, unaccounted } = intake.ledger.read();
  assert.ok(dropped.skipped > 80, `${dropped.skipped}`);
  assert.equal(unaccounted, 0);
  overloaded = false;
  run(300);
  assert.equal(intake.thrift.level, 0);
  assert.equal(run(50).length, 50);
  subscription.unsubscribe();
});

Deno.test("a source that lags behind by more than results may be old leaps to the next key frame that is on time", () => {
  const intake = new Intake({ stream: "cam", policy: policy({ maxAgeMs: 500 }) });
  const subscription = intake.frames$.subscribe((frame) => frame.complete());
  intake.opened({ codec: "h264", width: 64, height: 48, live: true, intraOnly: false });
  intake.startEpoch();
  const arrive = (n: number, lagMs: number) => {
    const role = n % 10 === 0 ? "key" : "reference";
    const { info, decode } = intake.arrived({ ptsUs: n * 40_000, arrivedAtMs: nowMs() - lagMs, role });
    if (decode) intake.decoded(info, new FakePicture());
    return decode;
  };
  const decoded = Array.from({ length: 40 }, (_, n) => n).filter((n) => arrive(n, n < 5 || n > 10 ? 0 : 2000));
  // The late frames end with a key frame: what follows it on time has nothing to stand on.
  assert.deepEqual(decoded, [0, 1, 2, 3, 4, ...Array.from({ length: 20 }, (_, n) => 20 + n)]);
  const { dropped, unaccounted } = intake.ledger.read();
  assert.deepEqual([dropped.stale, dropped.skipped, unaccounted], [6, 9, 0]);
  subscription.unsubscribe();
});

Deno.test("frames decoded after the pipeline is gone count as stopped and let their pictures go", () => {
  const intake = new Intake({ stream: "cam", policy: policy({}) });
  const picture = new FakePicture();
  const { info } = intake.arrived({ ptsUs: 0, arrivedAtMs: 0, role: "key" });
  intake.decoded(info, picture);
  assert.equal(picture.held, 0);
  assert.equal(intake.ledger.read().dropped.stopped, 1);
});

Deno.test("a frame lost by the decoder is accounted once, under the decoder's cause", () => {
  const lost: string[] = [];
  const intake = new Intake({
    stream: "cam",
    policy: policy({}),
    onLost: (cause, reason) => lost.push(`${cause}: ${reason}`),
  });
  const { info } = intake.arrived({ ptsUs: 0, arrivedAtMs: 0, role: "key" });
  intake.lost(info, "undecodable", "corrupt slice");
  intake.lost(info, "undecodable", "corrupt slice");
  assert.deepEqual(lost, ["undecodable: corrupt slice"]);
  assert.equal(intake.ledger.read().unaccounted, 0);
});

Deno.test("frames that arrive out of order are sampled and numbered in the order in which they are shown", () => {
  const intake = new Intake({ stream: "cam", policy: policy({ fps: 10 }) });
  const shown: { seq: number; ptsUs: number }[] = [];
  const subscription = intake.frames$.subscribe((frame) => {
    shown.push({ seq: frame.info.seq, ptsUs: frame.info.ptsUs });
    frame.complete();
  });
  intake.opened({ codec: "h264", width: 64, height: 48, live: false, intraOnly: false, reordered: true });
  intake.startEpoch();
  // Groups of a reference and the three frames shown before it, in the order of decoding.
  for (let group = 0; group < 25; group++) {
    const inDecoder = [4, 2, 1, 3].map((n) => {
      const role = n === 4 ? "reference" : "disposable";
      return intake.arrived({ ptsUs: (group * 4 + n) * 40_000, arrivedAtMs: nowMs(), role: group ? role : "key" }).info;
    });
    for (const info of inDecoder.toSorted((a, b) => a.ptsUs - b.ptsUs)) intake.decoded(info, new FakePicture());
  }
  assert.ok(Math.abs(shown.length - 40) <= 1, `${shown.length}`);
  assert.deepEqual(shown.map(({ seq }) => seq), shown.map(({ ptsUs }) => ptsUs / 40_000));
  assert.equal(intake.ledger.read().unaccounted, 0);
  subscription.unsubscribe();
});

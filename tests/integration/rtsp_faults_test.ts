import assert from "node:assert/strict";
import type { SourceErrorCode } from "../../src/core/source.ts";
import type { Fault } from "../support/faults.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertFailed, assertNoPictures, rtspCamera, SECRET } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";

const FPS = 50;
const FRAMES = 100;

const tracks = () => ({
  main: makeTrack({ frames: FRAMES, crf: 14 }),
  large: makeTrack({ frames: 50, width: 640, height: 360, crf: 14 }),
  hevc: makeTrack({ frames: 50, codec: "hevc", crf: 14 }),
});

interface Case {
  name: string;
  fault: Fault;
  /** Default both. */
  transport?: "tcp" | "udp";
  options?: Record<string, unknown>;
  /** How it ends by itself; without it, it goes on and is stopped after `pictures`. With both, either may happen. */
  codes?: SourceErrorCode[];
  message?: RegExp;
  pictures?: number;
  check?(recorder: RtspRecorder): void;
}

const firstOf = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The pictures before the fault came through, and no other. */
function intact(count: number) {
  return ({ indexes }: RtspRecorder) => assert.deepEqual(indexes, firstOf(count));
}

/** The pictures before the fault came through; whatever came after it. */
function intactAtFirst(count: number) {
  return ({ indexes }: RtspRecorder) => assert.deepEqual(indexes.slice(0, count), firstOf(count));
}

function undisturbed({ indexes, lostReasons }: RtspRecorder): void {
  indexes.forEach((index, at) => assert.equal(index, at % FRAMES));
  assert.deepEqual(lostReasons, []);
}

const CASES: Case[] = [
  {
    name: "it falls silent",
    fault: { kind: "silence", afterFrames: 20 },
    codes: ["timeout"],
    message: /nothing came in time$/,
    check: intact(20),
  },
  {
    name: "it falls silent in the middle of a frame",
    fault: { kind: "silence", afterFrames: 25, midFrame: true },
    codes: ["timeout"],
    check: intact(25),
  },
  ...(["fin", "rst", "teardown"] as const).map((how): Case => ({
    name: `${how.toUpperCase()} in the middle of a group of pictures`,
    fault: { kind: "end", how, afterFrames: 20 },
    codes: ["closed"],
    message: /^Cannot read rtsp:\/\/\*\*\*@127\.0\.0\.1:\d+\/\d+: the other side ended the stream$/,
    check: intact(20),
  })),
  {
    name: "FIN in the middle of a frame",
    fault: { kind: "end", how: "fin", afterFrames: 25, midFrame: true },
    codes: ["closed"],
    check: intact(25),
  },
  {
    name: "RTCP BYE and nothing more",
    fault: { kind: "end", how: "bye", afterFrames: 20 },
    codes: ["timeout", "closed"],
    check: intact(20),
  },
  {
    name: "a trickle of bytes",
    transport: "tcp",
    fault: { kind: "drip", afterFrames: 20, bytesPerSecond: 40 },
    codes: ["timeout"],
    check: intact(20),
  },
  {
    name: "random bytes between frames, again and again",
    transport: "tcp",
    fault: { kind: "garbage", afterFrames: 20, bytes: 2000, seed: 7, times: 1e9 },
    codes: ["timeout", "closed", "invalid"],
    pictures: 60,
    check: intactAtFirst(20),
  },
  {
    name: "an interleaved block larger than the rest",
    transport: "tcp",
    fault: { kind: "oversize", afterFrames: 20 },
    codes: ["timeout", "closed", "invalid"],
    pictures: 60,
    check: intactAtFirst(20),
  },
  {
    name: "another codec under the same payload type",
    fault: { kind: "switch", afterFrames: 20, track: "hevc" },
    options: { pictureTimeoutMs: 3000 },
    codes: ["invalid"],
    message: /^Cannot decode .*: \d+ frames in a row gave no picture in 3000 ms: /,
    check: intact(20),
  },
  {
    name: "another codec under a new payload type",
    fault: { kind: "switch", afterFrames: 20, track: "hevc", newPayloadType: true },
    codes: ["timeout"],
    check: intact(20),
  },
  {
    name: "no key frame for longer than anybody waits",
    fault: { kind: "no-keyframe", seconds: 1e9 },
    options: { pictureTimeoutMs: 3000 },
    codes: ["invalid"],
    message: /gave no picture/,
    check: ({ pictures }) => assert.equal(pictures, 0),
  },
  {
    name: "no key frame for a while",
    fault: { kind: "no-keyframe", seconds: 1.5 },
    pictures: 30,
    check: ({ indexes, lostReasons }) => {
      assert.equal(indexes[0] % 25, 0, "it begins with a key frame");
      assert.ok(lostReasons.length >= 1.5 * FPS - 5, `${lostReasons.length} frames lost before`);
    },
  },
  {
    name: "another resolution",
    fault: { kind: "switch", afterFrames: 20, track: "large" },
    pictures: 40,
    check: ({ opens, sizes, lostReasons }) => {
      assert.deepEqual(opens.map(({ width, height }) => `${width}x${height}`), ["320x240", "640x360"]);
      assert.deepEqual(sizes, [...Array(20).fill("320x240"), ...Array(20).fill("640x360")]);
      assert.deepEqual(lostReasons, []);
    },
  },
  {
    name: "pauses of 500 ms and bursts",
    fault: { kind: "bursts", everyFrames: 30, pauseMs: 500 },
    pictures: 100,
    check: undisturbed,
  },
  ...[1000, -1000].map((seconds): Case => ({
    name: `a leap of time by ${seconds} seconds`,
    fault: { kind: "jump", afterFrames: 20, seconds },
    pictures: 40,
    check: (recorder) => {
      undisturbed(recorder);
      const steps = recorder.arrivals.slice(1).map(({ ptsUs }, index) => ptsUs - recorder.arrivals[index].ptsUs);
      const leaps = steps.flatMap((step, index) => Math.abs(step - 20_000) > 20 ? [index] : []);
      assert.deepEqual(leaps, [19], "time runs evenly before and after the leap");
      // RTP has 32 bits for its time: a leap far back is one forward by all but that.
      const leapUs = seconds * 1e6 + 20_000;
      const wrappedUs = leapUs + (0x1_0000_0000 / 90_000) * 1e6;
      assert.ok(
        [leapUs, wrappedUs].some((expected) => Math.abs(steps[19] - expected) < 100),
        `it leaps by ${steps[19]} µs`,
      );
    },
  })),
  {
    name: "RTP time and sequence numbers run over",
    fault: { kind: "wrap", afterFrames: 20 },
    pictures: 40,
    check: (recorder) => {
      undisturbed(recorder);
      recorder.arrivals.forEach(({ ptsUs }, index) => assert.ok(Math.abs(ptsUs - index * 20_000) <= 20));
    },
  },
  {
    name: "damaged packets",
    fault: { kind: "corrupt", share: 0.2, seed: 7 },
    pictures: 40,
    check: ({ lostReasons }) => assert.ok(lostReasons.length > 0, "damage goes unnoticed"),
  },
  {
    name: "lost packets",
    transport: "udp",
    fault: { kind: "loss", share: 0.1, seed: 3 },
    pictures: 60,
  },
  {
    name: "packets that overtake each other",
    transport: "udp",
    fault: { kind: "swap", every: 3 },
    pictures: 60,
    check: undisturbed,
  },
];

Deno.test("a camera that misbehaves while it plays ends in its true cause, or goes on", async (t) => {
  const cameras = Object.fromEntries(CASES.map(({ fault }, index) => [String(index), { fps: FPS, faults: [fault] }]));
  await using server = await RtspRemote.start({ tracks: tracks(), cameras });
  const tried = CASES.flatMap((each, index) =>
    (["tcp", "udp"] as const).filter((transport) => transport === (each.transport ?? transport)).map((transport) => {
      const recorder = new RtspRecorder({ pictures: each.pictures, indexes: true });
      const url = server.url(String(index), `operator:${SECRET}`);
      const readTimeoutMs = each.codes?.includes("timeout") ? 3000 : 60_000;
      const source = rtspCamera(url, { transport, readTimeoutMs, ...each.options });
      // What goes on for ever against all expectation must not hang the test.
      const ended = recorder.run(source, AbortSignal.timeout(90_000));
      return { each, transport, recorder, ended };
    })
  );
  for (const { each, transport, recorder, ended } of tried) {
    await t.step(`${each.name}, over ${transport}: ${each.codes?.join(" or ") ?? "goes on"}`, async () => {
      const end = await ended;
      if (each.codes && !(each.pictures && end === "aborted")) {
        const code = each.codes.find((one) => one === (end as { code?: string }).code) ?? each.codes[0];
        assertFailed(end, code, each.message);
      } else {
        assert.equal(end, "aborted");
        assert.equal(recorder.pictures, each.pictures);
      }
      each.check?.(recorder);
    });
  }
  assertNoPictures();
  await server.allClosed();
});

Deno.test("after a failure the same camera is played again from a key frame", async () => {
  await using server = await RtspRemote.start({ tracks: tracks(), cameras: { gate: { fps: FPS } } });
  for (const how of ["fin", "rst", "teardown"] as const) {
    const recorder = new RtspRecorder({ indexes: true });
    const ended = recorder.run(rtspCamera(server.url("gate")));
    await recorder.until(7);
    await server.cut(how, "gate");
    assertFailed(await ended, "closed");
    assert.equal(recorder.indexes[0], 0);
  }
  assertNoPictures();
});

Deno.test("a camera that comes back with another codec is played with it", async () => {
  const cameras = { gate: { fps: FPS, faults: [{ kind: "end", how: "fin", afterFrames: 10 }] as Fault[] } };
  await using server = await RtspRemote.start({ tracks: tracks(), cameras });
  const before = new RtspRecorder();
  assertFailed(await before.run(rtspCamera(server.url("gate"))), "closed");
  await server.set("gate", { fps: FPS, track: "hevc" });
  const after = new RtspRecorder({ pictures: 10 });
  assert.equal(await after.run(rtspCamera(server.url("gate"))), "aborted");
  assert.deepEqual([before.opens[0].codec, after.opens[0].codec], ["h264", "hevc"]);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import type { CapturedClip } from "../src/core/captures.ts";
import type { AlertEvent } from "../src/core/events.ts";
import type { FrameInfo, Picture } from "../src/core/frame.ts";
import type { Arrival, SourceSink } from "../src/core/source.ts";
import { clipFolder, type ClipSpec, makeClip, readIndex } from "../tests/support/clips.ts";
import { inDirectory } from "../tests/support/in_directory.ts";
import { EventClips } from "./event_clips.ts";
import { file } from "./sources/file.ts";

/** Takes every frame, and lets whoever wants act on each. */
class Reader implements SourceSink {
  readonly seen: { ptsUs: number; mark: number }[] = [];
  #seq = 0;

  constructor(private readonly on: (ptsUs: number) => void = () => {}) {}

  opened(): void {}

  arrived({ ptsUs, arrivedAtMs }: Arrival) {
    const info: FrameInfo = { stream: "clip", epoch: 1, seq: ++this.#seq, ptsUs, arrivedAtMs };
    return { info, decode: true };
  }

  decoded({ ptsUs }: FrameInfo, picture: Picture): void {
    this.seen.push({ ptsUs, mark: readIndex(picture) });
    picture[Symbol.dispose]();
    this.on(ptsUs);
  }

  lost(): void {
    throw new Error("A frame was lost");
  }
}

function alertNamed(alert: string): AlertEvent {
  return { v: 1, type: "alert", stream: "clip", alert, message: alert, at: "2026-01-31T12:00:00.000Z" };
}

/** The frames of a file: what they show, and when. */
async function marksIn(path: string): Promise<{ ptsUs: number; mark: number }[]> {
  const reader = new Reader();
  const config = { kind: "file", path, pace: "fast", loop: false } as const;
  assert.equal(await file.open(config, { stream: "clip" }).run(reader, new AbortController().signal), "ended");
  return reader.seen;
}

/** Runs a clip with rules and alerts at some of its frames; answers what was kept. */
async function cut(
  path: string,
  directory: string,
  { before, after, bytes = 1e8, alerts }: { before: number; after: number; bytes?: number; alerts: number[] },
) {
  const clips: CapturedClip[] = [];
  await using tap = new EventClips({ stream: "clip", directory, emit: (clip) => clips.push(clip) });
  tap.rules = { beforeSeconds: before, afterSeconds: after, bytes };
  const due = [...alerts];
  const reader = new Reader((ptsUs) => {
    if (due.length === 0 || ptsUs < due[0] * 1e6) return;
    tap.alert(alertNamed(`at ${due.shift()}`), { ptsUs, epoch: 1 });
  });
  const config = { kind: "file", path, pace: "fast", loop: false } as const;
  await file.open(config, { stream: "clip", tap }).run(reader, new AbortController().signal);
  const { heldBytes } = tap.usage!;
  await tap[Symbol.asyncDispose]();
  return { clips, usage: { ...tap.usage!, heldBytes } };
}

const CODECS: ClipSpec[] = [
  { codec: "h264", bframes: 0 },
  { codec: "h264", bframes: 2 },
  { codec: "hevc" },
  { codec: "mjpeg", container: "avi" },
  { codec: "h264", container: "ts", bframes: 0 },
];

for (const spec of CODECS) {
  const { codec, bframes, container = "mp4" } = spec;
  const name = `${codec}${bframes ? " with B-frames" : ""} from ${container}`;
  Deno.test(`A clip around an alert holds exactly the frames from the key frame before it on: ${name}`, async () => {
    const path = makeClip({ ...spec, frames: 200, gop: 20 });
    const read = await marksIn(path);
    assert.equal(read.length, 200);
    await inDirectory(async (directory) => {
      const { clips: [clip, ...others] } = await cut(path, directory, { before: 1, after: 1, alerts: [4] });
      assert.deepEqual(others, []);
      const kept = await marksIn(clip.path);
      // One second before frame 100 is frame 75; every frame of an MJPEG is a key frame, else every 20th.
      const from = codec === "mjpeg" ? 75 : 60;
      const marks = kept.map(({ mark }) => mark);
      const last = marks.at(-1)!;
      assert.deepEqual(marks, Array.from({ length: last - from + 1 }, (_, n) => from + n));
      // It ends where no frame in between is left out: with B-frames that may be a little later.
      assert.ok(last >= 125 && last <= 125 + (bframes ?? 0), `it ends with frame ${last}`);
      assert.equal(kept.length, clip.packets);
      const shift = read[from].ptsUs - kept[0].ptsUs;
      for (const { mark, ptsUs } of kept) assert.ok(Math.abs(read[mark].ptsUs - shift - ptsUs) < 100);
      assert.equal(clip.short, undefined);
      assert.deepEqual([clip.codec, clip.width, clip.height], [codec, 320, 240]);
    });
  });
}

Deno.test("Alerts within a clip join it, later ones get their own", async () => {
  const path = makeClip({ frames: 200, gop: 10, bframes: 0 });
  await inDirectory(async (directory) => {
    const { clips, usage } = await cut(path, directory, { before: 0.5, after: 1, alerts: [2, 2.6, 5] });
    assert.deepEqual(clips.map(({ alerts }) => alerts.map(({ alert }) => alert)), [["at 2", "at 2.6"], ["at 5"]]);
    assert.deepEqual([usage.missed, usage.failed], [0, 0]);
  });
});

Deno.test("A clip whose alert comes at the very end is kept as far as it goes, and says so", async () => {
  const path = makeClip({ frames: 100, gop: 10, bframes: 0 });
  await inDirectory(async (directory) => {
    const { clips: [clip] } = await cut(path, directory, { before: 1, after: 30, alerts: [3.9] });
    const marks = (await marksIn(clip.path)).map(({ mark }) => mark);
    assert.deepEqual([marks[0], marks.at(-1)], [70, 99]);
    assert.match(clip.short!, /source ended/);
  });
});

Deno.test("Packets never take more memory than their bound, and a clip that lacks some says so", async () => {
  const path = makeClip({ frames: 200, gop: 10, bframes: 0, crf: 10 });
  const { size } = await Deno.stat(path);
  const bytes = Math.round(size / 4);
  await inDirectory(async (directory) => {
    const { clips, usage } = await cut(path, directory, { before: 6, after: 0.2, bytes, alerts: [7] });
    const [clip] = clips;
    const marks = (await marksIn(clip.path)).map(({ mark }) => mark);
    assert.ok(marks[0] > 25 && marks[0] % 10 === 0, `it begins with frame ${marks[0]}`);
    assert.match(clip.short!, /no room/);
    assert.ok(usage.heldBytes <= bytes);
    assert.equal(usage.boundBytes, 3 * bytes);
  });
});

Deno.test("A disk that takes no clip costs the clip and is told", async () => {
  const path = makeClip({ frames: 100, gop: 10, bframes: 0 });
  const blocked = join(clipFolder(), "no-directory");
  await Deno.writeTextFile(blocked, "");
  const { clips, usage } = await cut(path, blocked, { before: 1, after: 0.5, alerts: [2] });
  assert.deepEqual(clips, []);
  assert.deepEqual([usage.written, usage.failed], [0, 1]);
  assert.match(usage.fault!, /Cannot write .*no-directory/);
});

Deno.test("rules that come while the source is open hold from the next key frame on, and end with what is asked no more", async () => {
  const path = makeClip({ frames: 200, gop: 20, bframes: 0 });
  await inDirectory(async (directory) => {
    const clips: CapturedClip[] = [];
    await using tap = new EventClips({ stream: "clip", directory, emit: (clip) => clips.push(clip) });
    let frame = 0;
    const reader = new Reader((ptsUs) => {
      frame++;
      if (frame === 50) tap.rules = { beforeSeconds: 60, afterSeconds: 1, bytes: 1e8 };
      if (frame === 100) tap.alert(alertNamed("in time"), { ptsUs, epoch: 1 });
      if (frame === 180) tap.rules = undefined;
      if (frame === 190) tap.alert(alertNamed("too late"), { ptsUs, epoch: 1 });
    });
    const config = { kind: "file", path, pace: "fast", loop: false } as const;
    await file.open(config, { stream: "clip", tap }).run(reader, new AbortController().signal);
    await tap[Symbol.asyncDispose]();
    assert.deepEqual(clips.map(({ alerts }) => alerts.map(({ alert }) => alert)), [["in time"]]);
    const marks = (await marksIn(clips[0].path)).map(({ mark }) => mark);
    assert.deepEqual([marks[0], marks.at(-1)], [60, 124]);
    assert.equal(tap.usage, undefined);
  });
});

Deno.test("a file that starts over does not mix its rounds in a clip", async () => {
  const path = makeClip({ frames: 60, gop: 20, bframes: 0 });
  await inDirectory(async (directory) => {
    const clips: CapturedClip[] = [];
    await using tap = new EventClips({ stream: "clip", directory, emit: (clip) => clips.push(clip) });
    tap.rules = { beforeSeconds: 10, afterSeconds: 10, bytes: 1e8 };
    const stop = new AbortController();
    let frame = 0;
    const reader = new Reader((ptsUs) => {
      if (++frame === 30 || frame === 90) tap.alert(alertNamed(`${frame}`), { ptsUs, epoch: 1 });
      if (frame === 130) stop.abort();
    });
    const config = { kind: "file", path, pace: "fast", loop: true } as const;
    await file.open(config, { stream: "clip", tap }).run(reader, stop.signal);
    await tap[Symbol.asyncDispose]();
    assert.deepEqual(clips.map(({ alerts }) => alerts[0].alert), ["30", "90"]);
    for (const { path, short } of clips) {
      assert.match(short!, /starts over/);
      assert.deepEqual((await marksIn(path)).map(({ mark }) => mark), Array.from({ length: 60 }, (_, n) => n));
    }
  });
});

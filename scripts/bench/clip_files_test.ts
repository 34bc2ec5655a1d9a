import assert from "node:assert/strict";
import { join } from "node:path";
import { openInput } from "../../streams/av/input.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { splitStream } from "../../tests/support/rtp_track.ts";
import { retimeMp4 } from "./retime_mp4.ts";
import { videoOfTransportStream } from "./ts_pictures.ts";

const FRAMES = 30;

function writeClip(path: string): void {
  using writer = VideoWriter.open(path, { width: 64, height: 48, fps: 25, bframes: 0, gop: 10 });
  for (let n = 0; n < FRAMES; n++) writer.write({ rgb: new Uint8Array(64 * 48 * 3).fill(n * 8) }, n * 40_000);
  writer.close();
}

async function times(file: string): Promise<{ ptsUs: number[]; sizes: number[]; fps?: number }> {
  const options = { url: file, openTimeoutMs: 5000, readTimeoutMs: 5000, protocolWhitelist: "file" };
  await using input = await openInput(options, new AbortController().signal);
  const ptsUs: number[] = [];
  const sizes: number[] = [];
  for (let packet = input.readPacketSync(); packet !== "ended"; packet = input.readPacketSync()) {
    ptsUs.push(packet.ptsUs);
    sizes.push(packet.packet.size);
  }
  return { ptsUs, sizes, fps: input.properties.fps };
}

Deno.test("a retimed clip has the same pictures at the other rate", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "clip.mp4");
  writeClip(file);
  const before = await times(file);
  const retimed = retimeMp4(await Deno.readFile(file), 2.5);
  await Deno.writeFile(file, retimed.file);
  const after = await times(file);
  await Deno.remove(folder, { recursive: true });
  assert.deepEqual(after.sizes, before.sizes);
  assert.equal(before.ptsUs[FRAMES - 1], (FRAMES - 1) * 40_000);
  const last = after.ptsUs[FRAMES - 1];
  assert.ok(Math.abs(last - (FRAMES - 1) * 40_000 / retimed.factor) < 2, `the last frame comes at ${last} µs`);
  assert.ok(Math.abs(after.fps! - 25 * retimed.factor) < 0.01, `${after.fps} frames a second`);
});

Deno.test("what is no MP4 is not retimed", () => {
  assert.throws(() => retimeMp4(new Uint8Array(64), 2), /Cannot retime/);
  const cut = Uint8Array.of(0, 0, 1, 0, ...new TextEncoder().encode("moov"), 0, 0, 0, 0);
  assert.throws(() => retimeMp4(cut, 2), /cut short/);
});

Deno.test("every picture of a transport stream is found, and which of them decode alone", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "clip.ts");
  writeClip(file);
  const units = splitStream("h264", videoOfTransportStream(await Deno.readFile(file)));
  await Deno.remove(folder, { recursive: true });
  assert.equal(units.length, FRAMES);
  assert.deepEqual(units.flatMap(({ key }, n) => key ? [n] : []), [0, 10, 20]);
  assert.throws(() => videoOfTransportStream(new Uint8Array(188)), /no packet at byte 0/);
});

import { Dictionary, FormatContext, Rational } from "node-av/lib";
import { dirname } from "node:path";
import { quietNatives } from "./log.ts";
import { check } from "./native.ts";
import type { HeldPacket, PacketFormat } from "./packet_ring.ts";

// Divides every usual frame rate and is MPEG's own clock.
const TICKS = 90_000;
const DEFAULT_FPS = 25;

/**
 * Writes packets, as they came, into an MP4 file; the first must be a key frame. The packets are used up. The file has its
 * name only once it is whole, and nothing is left of one that fails. Writing is done in other threads.
 */
export async function writeClip(path: string, format: PacketFormat, packets: readonly HeldPacket[]): Promise<void> {
  quietNatives();
  const part = `${path}.part`;
  const output = new FormatContext();
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    output.allocOutputContext2(null, "mp4", part);
    check(await output.openOutput(), `create ${part}`);
    const stream = output.newStream();
    check(format.parameters.copy(stream.codecpar), "describe the video");
    // The tag of another container says nothing in this one.
    stream.codecpar.codecTag = 0;
    stream.timeBase = new Rational(1, TICKS);
    using options = Dictionary.fromObject({ movflags: "+faststart" });
    check(await output.writeHeader(options), `write ${format.codec} into an MP4`);
    for (const [index, { pts, dts, duration }] of timesOf(packets, format.fps).entries()) {
      const { packet } = packets[index];
      packet.pts = BigInt(pts);
      packet.dts = BigInt(dts);
      packet.duration = BigInt(duration);
      packet.streamIndex = 0;
      packet.rescaleTs({ num: 1, den: TICKS }, stream.timeBase);
      check(await output.interleavedWriteFrame(packet), "write a packet");
    }
    check(await output.writeTrailer(), "write the index");
    await output.closeOutput();
    await Deno.rename(part, path);
  } catch (error) {
    await output.closeOutput().catch(() => {});
    await Deno.remove(part).catch(() => {});
    throw new Error(`Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    output.freeContext();
    for (const { packet } of packets) packet.free();
  }
}

/**
 * Times in ticks that every container takes: presentation begins at zero and keeps its distances. Cameras do not always
 * tell when a packet is to be decoded: its place in the order does, moved ahead as far as the order of showing asks for.
 */
export function timesOf(
  packets: readonly Pick<HeldPacket, "ptsUs">[],
  fps = DEFAULT_FPS,
): { pts: number; dts: number; duration: number }[] {
  const startUs = packets[0]?.ptsUs ?? 0;
  const pts = packets.map(({ ptsUs }) => Math.round(((ptsUs - startUs) * TICKS) / 1e6));
  const shown = [...pts].sort((a, b) => a - b);
  for (let n = 1; n < shown.length; n++) shown[n] = Math.max(shown[n], shown[n - 1] + 1);
  const lead = shown.reduce((most, at, n) => Math.max(most, at - pts[n]), 0);
  const usual = Math.round(TICKS / fps);
  const next = new Map(shown.map((at, n) => [at, n + 1 < shown.length ? shown[n + 1] - at : usual]));
  return pts.map((at, n) => ({ pts: at, dts: shown[n] - lead, duration: next.get(at) ?? usual }));
}

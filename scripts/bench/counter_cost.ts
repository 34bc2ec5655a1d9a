import { Counter } from "../../src/analyzers/counter.ts";
import { Decoder } from "../../streams/av/decoder.ts";
import { openInput } from "../../streams/av/input.ts";
import { median, round } from "./statistics.ts";

const FRAMES = 40;

/**
 * What reading the burned-in counter takes of each frame, milliseconds: part of the measuring, not of what is measured.
 */
export async function counterCostMs(clip: string): Promise<number> {
  const options = { url: clip, openTimeoutMs: 10_000, readTimeoutMs: 10_000, protocolWhitelist: "file" };
  await using input = await openInput(options, new AbortController().signal);
  using decoder = new Decoder<undefined>(input.video, { threads: 1, hardware: "none" });
  const counter = new Counter();
  const info = { stream: "", epoch: 1, seq: 0, ptsUs: 0, arrivedAtMs: 0 };
  const costs: number[] = [];
  while (costs.length < FRAMES) {
    const packet = input.readPacketSync();
    if (packet === "ended") break;
    for (const decoded of decoder.decode(packet.packet, undefined).pictures) {
      using picture = decoded.picture;
      const { width, height } = picture;
      const start = performance.now();
      counter.push({ info, width, height, outputs: {}, picture });
      costs.push(performance.now() - start);
    }
  }
  return round(median(costs), 3);
}

import { join } from "node:path";
import type { CapturedClip, ClipRules, ClipUsage } from "../src/core/captures.ts";
import { nowMs } from "../src/core/clock.ts";
import type { AlertEvent } from "../src/core/events.ts";
import { writeClip } from "./av/clip_writer.ts";
import type { VideoPacket, VideoStream } from "./av/input.ts";
import { type HeldPacket, PacketFormat, PacketRing } from "./av/packet_ring.ts";
import type { PacketTap } from "./av/packet_tap.ts";

/** What clips are cut with. */
export interface EventClipsOptions {
  stream: string;
  /** Where finished files are put for whoever keeps them. */
  directory: string;
  /** A clip is finished; its file is the receiver's. */
  emit(clip: CapturedClip): void;
}

/** What a clip needs that waits for its end. */
interface Pending {
  id: string;
  fromUs: number;
  toUs: number;
  atMs: number;
  epoch: number;
  alerts: AlertEvent[];
}

const CODECS = new Set(["h264", "hevc", "av1", "vp9", "mjpeg", "mpeg4", "mpeg2video"]);
/** An alert tells of a frame that has passed by the time it comes: so long ago at most. */
const LATE_US = 3e6;
/** Whatever is decoded so much later is shown later, too. */
const REORDER_US = 5e5;
/** Clips that are being written, or wait for that; each holds its packets. */
const WRITING_MAX = 2;
/** Alerts that are told with one clip. */
const ALERTS_MAX = 32;

/** The most memory that the clips of one stream can take. */
export function clipsBound({ bytes }: Pick<ClipRules, "bytes">): number {
  return bytes * (1 + WRITING_MAX);
}

/**
 * Video around alerts, as it came: packets are held for so long that what was before an alert is still there, and written
 * without being encoded anew. Alerts within a clip join it.
 */
export class EventClips implements PacketTap, AsyncDisposable {
  #rules?: ClipRules;
  #video?: VideoStream;
  #format?: PacketFormat;
  #ring?: PacketRing;
  #pending?: Pending;
  #newestUs = -Infinity;
  #dtsUs = -Infinity;
  #writing = new Set<Promise<void>>();
  #tail: Promise<void> = Promise.resolve();
  #usage = { written: 0, missed: 0, failed: 0 };
  #fault?: string;

  constructor(private readonly options: EventClipsOptions) {}

  /** From here on so much is kept; nothing without rules. */
  set rules(rules: ClipRules | undefined) {
    const { beforeSeconds, afterSeconds, bytes } = rules ?? {};
    const before = this.#rules;
    this.#rules = rules;
    const same = beforeSeconds === before?.beforeSeconds && afterSeconds === before?.afterSeconds &&
      bytes === before?.bytes;
    if (same) return;
    this.#end("the rules changed");
    this.#begin();
  }

  /** How it goes; undefined where nothing is kept. */
  get usage(): ClipUsage | undefined {
    if (!this.#rules) return undefined;
    const { seconds = 0, bytes = 0 } = this.#ring?.usage ?? {};
    return {
      heldSeconds: Math.round(seconds * 1000) / 1000,
      heldBytes: bytes,
      boundBytes: clipsBound(this.#rules),
      ...this.#usage,
      ...(this.#fault !== undefined && { fault: this.#fault }),
    };
  }

  opened(video: VideoStream): void {
    this.#end("the source was opened anew");
    this.#video = video;
    this.#begin();
  }

  packet(packet: VideoPacket, ptsUs: number): void {
    const ring = this.#ring;
    if (!ring) return;
    try {
      ring.push(packet, ptsUs, this.#pending?.fromUs);
    } catch (error) {
      return this.#blame(error);
    }
    this.#newestUs = Math.max(this.#newestUs, ptsUs);
    this.#dtsUs = packet.dtsUs + ptsUs - packet.ptsUs;
    if (this.#pending && this.#dtsUs > this.#pending.toUs + REORDER_US) this.#finish();
  }

  rewound(): void {
    this.#end("the file starts over");
    this.#ring?.clear();
    this.#newestUs = -Infinity;
  }

  /** What is held stays: frames that are under way may still give an alert. */
  closed(): void {
    this.#end("the source ended");
    this.#video = undefined;
  }

  /** No more alerts will come of what is held. */
  release(): void {
    this.closed();
    this.#release();
  }

  /** An alert speaks of the frame of this time: the video around it is kept. */
  alert(alert: AlertEvent, { ptsUs, epoch }: { ptsUs: number; epoch: number }): void {
    const rules = this.#rules;
    if (!rules) return;
    if (!this.#ring || ptsUs > this.#newestUs) {
      this.#usage.missed++;
      if (!this.#ring) {
        this.#fault ??= "There is no encoded video to keep: the source is not open, or gives pictures as they are";
      }
      return;
    }
    const pending = this.#pending;
    if (pending && ptsUs <= pending.toUs) {
      if (pending.alerts.length < ALERTS_MAX) pending.alerts.push(alert);
      return;
    }
    if (pending) this.#finish();
    this.#pending = {
      id: crypto.randomUUID(),
      fromUs: ptsUs - rules.beforeSeconds * 1e6,
      toUs: ptsUs + rules.afterSeconds * 1e6,
      atMs: nowMs(),
      epoch,
      alerts: [alert],
    };
    // Of a file that is read faster than it is looked at, the end may have passed already.
    if (this.#dtsUs > this.#pending.toUs + REORDER_US) this.#finish();
    else if (!this.#video) this.#end("the source ended");
  }

  /** Finishes what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await Promise.all(this.#writing);
  }

  #begin(): void {
    this.#release();
    const { rules, video } = { rules: this.#rules, video: this.#video };
    if (!rules || !video) return;
    if (!CODECS.has(video.codec)) {
      this.#fault = `Video of the codec ${video.codec} is not kept: an MP4 does not take it as it is`;
      return;
    }
    try {
      this.#format = new PacketFormat(video);
    } catch (error) {
      return this.#blame(error);
    }
    const spanUs = rules.beforeSeconds * 1e6 + LATE_US;
    this.#ring = new PacketRing({ spanUs, maxBytes: rules.bytes });
    this.#newestUs = this.#dtsUs = -Infinity;
  }

  #release(): void {
    this.#ring?.[Symbol.dispose]();
    this.#ring = undefined;
    const format = this.#format;
    this.#format = undefined;
    // Clips that are still being written need it.
    if (format) void this.#tail.then(() => format[Symbol.dispose]());
  }

  /** What waits for its end will not see it. */
  #end(why: string): void {
    if (this.#pending) this.#finish(`it ends early: ${why}`);
  }

  #finish(short?: string): void {
    const { id, fromUs, toUs, ...rest } = this.#pending!;
    const { rules, format } = { rules: this.#rules, format: this.#format };
    this.#pending = undefined;
    if (!rules || !format || !this.#ring || this.#writing.size >= WRITING_MAX) return void this.#usage.missed++;
    const { packets: held, cut } = this.#ring.from(fromUs);
    const packets = upTo(held, toUs);
    if (packets.length === 0) {
      this.#fault = "Nothing was held that can be decoded: a group of pictures is larger than clips.bytes";
      return void this.#usage.missed++;
    }
    const path = join(this.options.directory, `${id}.mp4`);
    const times = packets.map(({ ptsUs }) => ptsUs / 1e6);
    const { codec, width, height } = format;
    const clip: CapturedClip = {
      ...rest,
      stream: this.options.stream,
      path,
      codec,
      width,
      height,
      packets: packets.length,
      fromPts: times[0],
      toPts: times.reduce((last, time) => Math.max(last, time)),
      ...(short ? { short } : cut && { short: "it begins late: there was no room for more packets" }),
    };
    const writing = this.#tail = this.#tail.then(() => this.#write(clip, format, packets));
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  async #write(clip: CapturedClip, format: PacketFormat, packets: HeldPacket[]): Promise<void> {
    try {
      await writeClip(clip.path, format, packets);
      this.#usage.written++;
      this.options.emit(clip);
    } catch (error) {
      this.#blame(error);
    }
  }

  #blame(error: unknown): void {
    this.#usage.failed++;
    this.#fault = error instanceof Error ? error.message : String(error);
  }
}

/** Those that show everything up to a time and leave out nothing in between; the others are let go. */
function upTo(packets: HeldPacket[], toUs: number): HeldPacket[] {
  // The earliest that comes behind each: frames that others refer to come before those that they are shown after.
  const behind: number[] = [];
  for (let n = packets.length - 1, earliestUs = Infinity; n >= 0; n--) {
    behind[n] = earliestUs;
    earliestUs = Math.min(earliestUs, packets[n].ptsUs);
  }
  let latestUs = -Infinity;
  const last = packets.findIndex(({ ptsUs }, index) => {
    latestUs = Math.max(latestUs, ptsUs);
    return behind[index] > toUs && behind[index] > latestUs;
  });
  for (const { packet } of packets.splice(last + 1)) packet.free();
  return packets;
}

import { CodecParameters, type Packet } from "node-av/lib";
import type { VideoPacket, VideoStream } from "./input.ts";
import { check } from "./native.ts";

/** A packet that is held: a reference of its own to the bytes that the demuxer has read. */
export interface HeldPacket {
  packet: Packet;
  ptsUs: number;
  key: boolean;
  sizeBytes: number;
}

/** How much a {@link PacketRing} holds. */
export interface PacketRingOptions {
  /** Video that is kept, microseconds; it always begins at a key frame, so it may be longer. */
  spanUs: number;
  maxBytes: number;
}

/**
 * The latest encoded video of an input, from a key frame on. Whole groups leave at the far end, so that what is there
 * can always be decoded.
 */
export class PacketRing implements Disposable {
  #held: HeldPacket[] = [];
  #bytes = 0;
  #newestUs = -Infinity;
  /** Something was too large to be held as long as it should have been. */
  #cutUs = -Infinity;

  constructor(private readonly options: PacketRingOptions) {}

  /** How much is held. */
  get usage(): { seconds: number; bytes: number } {
    const [first] = this.#held;
    return { seconds: first ? Math.max(0, this.#newestUs - first.ptsUs) / 1e6 : 0, bytes: this.#bytes };
  }

  /** Holds a packet of the input, which stays the input's. Nothing younger than `keepFromUs` leaves but for want of room. */
  push({ packet, role }: VideoPacket, ptsUs: number, keepFromUs = Infinity): void {
    const key = role === "key";
    if (this.#held.length === 0 && !key) return;
    const own = packet.clone();
    if (!own) throw new Error("Cannot hold a packet: no memory");
    const { size: sizeBytes } = packet;
    this.#held.push({ packet: own, ptsUs, key, sizeBytes });
    this.#bytes += sizeBytes;
    this.#newestUs = Math.max(this.#newestUs, ptsUs);
    const fromUs = Math.min(keepFromUs, this.#newestUs - this.options.spanUs);
    for (let next = this.#secondKey(); next > 0 && this.#held[next].ptsUs <= fromUs; next = this.#secondKey()) {
      this.#drop(next);
    }
    while (this.#bytes > this.options.maxBytes && this.#held.length > 0) {
      const next = this.#secondKey();
      this.#drop(next > 0 ? next : this.#held.length);
      this.#cutUs = this.#newestUs;
    }
  }

  /**
   * What is held from the last key frame at or before a time on, each a reference that is the caller's to free; whether
   * it begins later than that because there was no room.
   */
  from(timeUs: number): { packets: HeldPacket[]; cut: boolean } {
    let start = 0;
    this.#held.forEach(({ key, ptsUs }, index) => {
      if (key && ptsUs <= timeUs) start = index;
    });
    const [first] = this.#held.slice(start, start + 1);
    let keys = 0;
    const packets = this.#held.slice(start).flatMap((held) => {
      if (held.key) keys++;
      // What leads up to the first key frame cannot be decoded without what came before.
      if (keys === 1 && held.ptsUs < first.ptsUs) return [];
      return [{ ...held, packet: held.packet.clone()! }];
    });
    return { packets, cut: first === undefined || (first.ptsUs > timeUs && timeUs <= this.#cutUs) };
  }

  /** Forgets everything: times start anew. */
  clear(): void {
    this.#drop(this.#held.length);
    this.#newestUs = this.#cutUs = -Infinity;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  /** Where the second group begins; -1 where there is only one. */
  #secondKey(): number {
    return this.#held.findIndex(({ key }, index) => key && index > 0);
  }

  #drop(count: number): void {
    for (const { packet, sizeBytes } of this.#held.splice(0, count)) {
      packet.free();
      this.#bytes -= sizeBytes;
    }
  }
}

/** How an input's packets are to be read, kept beyond the input's life. */
export class PacketFormat implements Disposable {
  readonly parameters = new CodecParameters();
  readonly codec: string;
  readonly fps: number | undefined;
  readonly width: number;
  readonly height: number;

  constructor({ stream, codec, fps, rotation }: VideoStream) {
    this.parameters.alloc();
    check(stream.codecpar.copy(this.parameters), "keep the codec's parameters");
    const turned = rotation === 90 || rotation === 270;
    const { width, height } = this.parameters;
    this.codec = codec;
    this.fps = fps;
    this.width = turned ? height : width;
    this.height = turned ? width : height;
  }

  [Symbol.dispose](): void {
    this.parameters.free();
  }
}

import { setImmediate } from "node:timers";
import { nowMs } from "../../src/core/clock.ts";
import type { FrameInfo } from "../../src/core/frame.ts";
import { type SourceEnd, SourceError, type SourceProperties, type SourceSink } from "../../src/core/source.ts";
import { type Decoded, Decoder, type DecoderOptions } from "./decoder.ts";
import type { Input, PacketOrEnd, VideoPacket } from "./input.ts";
import { IntraDecoder } from "./intra_decoder.ts";
import { LiveEdge } from "./live_edge.ts";
import { Pace, until } from "./pace.ts";
import type { PacketTap } from "./packet_tap.ts";
import type { AvPicture } from "./picture.ts";

/** How frames are run. */
export interface FramesOptions extends DecoderOptions {
  /** `realtime` plays a file at the speed at which it was made. */
  pace?: "fast" | "realtime";
  /** Leaves frames that decode alone undecoded until somebody looks at them; default yes. */
  lazyIntra?: boolean;
  /** Starts over at the end; presentation times go on rising. */
  loop?: boolean;
  /** Sees every packet, decoded or not. */
  tap?: PacketTap;
}

// So long a thread may be deaf to its messages.
const YIELD_MS = 5;

/** This thread's work on frames so far, of all its streams. */
let workedMs = 0;

/** Demuxes and decodes an input into a sink until it ends, fails or is aborted. The input stays the caller's. */
export async function runFrames(
  input: Input,
  sink: SourceSink,
  signal: AbortSignal,
  options: FramesOptions = {},
): Promise<SourceEnd> {
  using run = new FramesRun(input, sink, signal, options);
  return await run.run();
}

class FramesRun implements Disposable {
  #decoder: Decoder<FrameInfo> | undefined;
  #intra: IntraDecoder | undefined;
  #pace: Pace | undefined;
  #edge: LiveEdge | undefined;
  /** When the packet at hand was asked for. */
  #askedAt = 0;
  #properties: SourceProperties;
  /** What earlier rounds of a loop add to presentation times. */
  #offsetUs = 0;
  #endUs = 0;
  #yieldedAt = performance.now();
  #release: (() => void) | undefined;
  #abort = () => this.#release?.();

  constructor(
    private readonly input: Input,
    private readonly sink: SourceSink,
    private readonly signal: AbortSignal,
    private readonly options: FramesOptions,
  ) {
    this.#properties = input.properties;
    if (input.properties.intraOnly && options.lazyIntra !== false) this.#intra = new IntraDecoder(input.video, options);
    else this.#decoder = new Decoder(input.video, options);
    if (options.pace === "realtime") this.#pace = new Pace();
    else if (input.properties.live) this.#edge = new LiveEdge();
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  async run(): Promise<SourceEnd> {
    this.sink.opened(this.#properties);
    this.options.tap?.opened(this.input.video);
    try {
      for (;;) {
        if (this.signal.aborted) return this.#stop();
        const packet = await this.#next();
        if (this.signal.aborted) return this.#stop();
        if (packet !== "ended") await this.#take(packet);
        else if (!(await this.#end())) return this.signal.aborted ? this.#stop() : "ended";
        if (performance.now() - this.#yieldedAt > YIELD_MS) await this.#yield();
      }
    } catch (error) {
      if (this.signal.aborted) return this.#stop();
      // What had arrived before an input's failure is as good as ever.
      if (error instanceof SourceError) await this.#settle(this.#decoder?.flush());
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.options.tap?.closed();
    this.signal.removeEventListener("abort", this.#abort);
    this.#decoder?.[Symbol.dispose]();
    this.#intra?.[Symbol.dispose]();
  }

  #next(): PacketOrEnd | Promise<PacketOrEnd> {
    if (this.input.local && !this.input.properties.live) return this.input.readPacketSync();
    this.#askedAt = this.#yieldedAt = performance.now();
    return this.input.readPacket();
  }

  async #take(packet: VideoPacket): Promise<void> {
    const { ptsUs, dtsUs, role, capturedAtMs, hidden } = packet;
    if (hidden) return this.#settle(this.#decoder?.lead(packet.packet));
    const arrivedAtMs = this.#pace
      ? await this.#due(dtsUs + this.#offsetUs)
      : this.#edge?.arrival(dtsUs + this.#offsetUs, { waitedMs: performance.now() - this.#askedAt, workedMs }) ??
        nowMs();
    if (this.signal.aborted) return;
    this.#endUs = Math.max(this.#endUs, ptsUs + 1e6 / (this.input.video.fps ?? 25));
    this.options.tap?.packet(packet, ptsUs + this.#offsetUs);
    const arrival = {
      ptsUs: ptsUs + this.#offsetUs,
      arrivedAtMs,
      role,
      ...(capturedAtMs !== undefined && { capturedAtMs }),
    };
    const { info, decode } = this.sink.arrived(arrival);
    if (!decode) return;
    const began = performance.now();
    const done = this.#intra
      ? this.#deliver(info, this.#intra.picture(packet.packet, this.#properties))
      : this.#settle(this.#decoder!.decode(packet.packet, info));
    workedMs += performance.now() - began;
    await done;
  }

  /** Waits for a frame's time and answers it: when it was due, or now if that is earlier. */
  async #due(timeUs: number): Promise<number> {
    const due = this.#pace!.due(timeUs);
    if (due > nowMs()) {
      await until(due, this.signal);
      this.#yieldedAt = performance.now();
    }
    return Math.min(due, nowMs());
  }

  async #settle(decoded: Decoded<FrameInfo> | undefined): Promise<void> {
    if (!decoded) return;
    for (const { info, reason } of decoded.lost) this.sink.lost(info, "undecodable", reason);
    const pictures = decoded.pictures[Symbol.iterator]();
    try {
      for (const { info, picture } of pictures) {
        const held = this.#deliver(info, picture);
        if (held) await held;
      }
    } finally {
      // A sink that fails owns the picture it failed at; the others are nobody's.
      for (const { picture } of pictures) picture[Symbol.dispose]();
    }
  }

  #deliver(info: FrameInfo, picture: AvPicture): Promise<void> | void {
    const { width, height } = picture;
    const hardware = this.#decoder?.hardware;
    const known = this.#properties;
    if (width !== known.width || height !== known.height || hardware !== known.hardware) {
      this.#properties = { ...known, width, height, ...(hardware !== undefined && { hardware }) };
      this.sink.opened(this.#properties);
    }
    const held = this.sink.decoded(info, picture);
    if (held) return this.#hold(held);
  }

  /** Waits until the sink takes more, or the run is aborted. */
  async #hold(held: Promise<void>): Promise<void> {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#release = resolve;
      held.then(resolve, reject);
      if (this.signal.aborted) resolve();
    });
    this.#release = undefined;
    this.#yieldedAt = performance.now();
    this.#pace?.held(performance.now() - start);
  }

  /** The end of a file: answers whether it starts over. */
  async #end(): Promise<boolean> {
    await this.#settle(this.#decoder?.flush());
    if (!this.options.loop || this.signal.aborted) return false;
    this.input.rewind();
    this.options.tap?.rewound();
    this.#offsetUs += this.#endUs;
    this.#endUs = 0;
    return true;
  }

  #stop(): SourceEnd {
    for (const info of this.#decoder?.abandon() ?? []) this.sink.lost(info, "stopped");
    return "aborted";
  }

  async #yield(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#yieldedAt = performance.now();
  }
}

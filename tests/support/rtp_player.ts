import { type Ending, type Fault, faultOf, seededRandom } from "./faults.ts";
import { goodbye, payloadsOf, rtpPacket, senderReport } from "./rtp_payload.ts";
import type { Track } from "./rtp_track.ts";
import { payloadTypeOf } from "./rtsp_sdp.ts";

const CLOCK = 90_000;

/** Where a player puts its packets. */
export interface MediaOut {
  /** The packets of one picture. With `half` they stop in the middle. */
  rtp(packets: Uint8Array[], half: boolean): void;
  rtcp(packet: Uint8Array): void;
  /** Bytes straight into the connection; nothing over UDP. */
  raw(bytes: Uint8Array): void;
  /** From now on no more than so many bytes a second. */
  limit(bytesPerSecond: number): void;
  end(how: Exclude<Ending, "bye">): void;
}

/** What plays: its track, its pace and its faults, read again at every picture. */
export interface Programme {
  tracks: Record<string, Track>;
  track: string;
  fps: number;
  faults: Fault[];
  /** The picture of the track to begin with. */
  joinAt?: number;
  /** The camera's clock minus this machine's, milliseconds; sender reports speak of it. */
  clockOffsetMs?: number;
  /** Time between sender reports; 0 sends none. */
  reportEveryMs?: number;
}

/** Plays a track in a loop, in real time, with rising RTP timestamps, and misbehaves as it is told. */
export class RtpPlayer {
  #programme: () => Programme;
  #out: MediaOut;
  #count: () => void;
  #timer?: ReturnType<typeof setTimeout>;
  #frame = 0;
  #startedAt = 0;
  #pausedAt = 0;
  #done = false;
  #sequence = 0;
  #sequenceAt0 = 0;
  #ssrc = (Math.random() * 0xffffffff) >>> 0;
  #octets = 0;
  #reportDueMs = 0;
  #jumped = 0;
  #heldUntil = 0;
  #random?: () => number;

  constructor(programme: () => Programme, out: MediaOut, count: () => void) {
    this.#programme = programme;
    this.#out = out;
    this.#count = count;
  }

  /** Starts, or goes on after a pause. */
  play(): void {
    if (this.#timer !== undefined || this.#done) return;
    const now = performance.now();
    if (this.#startedAt === 0) {
      const wrap = faultOf(this.#programme().faults, "wrap");
      this.#sequenceAt0 = this.#sequence = wrap ? 0x10000 - wrap.afterFrames : (Math.random() * 0x8000) | 0;
      this.#startedAt = now;
    } else {
      this.#startedAt += now - this.#pausedAt;
    }
    this.#tick();
  }

  /** Holds the picture; `play` goes on where it stopped. */
  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pausedAt = performance.now();
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const interval = 1000 / this.#programme().fps;
    while (!this.#done) {
      const now = performance.now();
      const dueAt = Math.max(this.#startedAt + this.#frame * interval, this.#heldUntil);
      if (dueAt > now) {
        this.#timer = setTimeout(() => this.#tick(), dueAt - now);
        return;
      }
      this.#sendFrame(this.#programme(), now);
    }
  }

  #sendFrame(programme: Programme, now: number): void {
    const { faults } = programme;
    const number = this.#frame;
    const bursts = faultOf(faults, "bursts");
    if (bursts && number > 0 && number % bursts.everyFrames === 0 && this.#heldUntil < now - bursts.pauseMs / 2) {
      this.#heldUntil = now + bursts.pauseMs;
      return;
    }
    const end = faultOf(faults, "end");
    const silence = faultOf(faults, "silence");
    const isLast = [end, silence].some((fault) => fault && number >= fault.afterFrames);
    const half = isLast && !!(end?.midFrame || silence?.midFrame);
    if (!isLast || half) this.#sendUnit(programme, number, half);
    if (isLast) return this.#finish(end && number >= end.afterFrames ? end.how : undefined);
    this.#frame++;
  }

  #finish(how?: Ending): void {
    this.stop();
    if (how === "bye") this.#out.rtcp(goodbye(this.#ssrc));
    else if (how) this.#out.end(how);
  }

  #sendUnit(programme: Programme, number: number, half: boolean): void {
    const { faults, fps } = programme;
    const change = faultOf(faults, "switch");
    const changed = change !== undefined && number >= change.afterFrames;
    const track = programme.tracks[changed ? change.track : programme.track];
    const withheld = faultOf(faults, "no-keyframe");
    const first = withheld ? 1 : changed ? -change.afterFrames : programme.joinAt ?? 0;
    const unit = track.units[(number + first) % track.units.length];
    if (withheld && unit.key && number < withheld.seconds * fps) return;
    const timestamp = this.#timestamp(faults, number, fps);
    this.#report(programme, number, timestamp);
    this.#spoil(faults, number);
    const payloads = payloadsOf(track.codec, unit);
    const payloadType = payloadTypeOf(track.codec) + (changed && change.newPayloadType ? 10 : 0);
    const wantedType = changed && !change.newPayloadType
      ? payloadTypeOf(programme.tracks[programme.track].codec)
      : payloadType;
    const packets = payloads.map((payload, index) =>
      rtpPacket({
        payload,
        payloadType: wantedType,
        marker: index === payloads.length - 1,
        sequence: this.#sequence++,
        timestamp,
        ssrc: this.#ssrc,
      })
    );
    this.#octets += payloads.reduce((sum, payload) => sum + payload.length, 0);
    this.#out.rtp(this.#disturb(faults, number, packets), half);
    this.#count();
  }

  #timestamp(faults: Fault[], number: number, fps: number): number {
    const wrap = faultOf(faults, "wrap");
    const base = wrap ? -Math.round((wrap.afterFrames * CLOCK) / fps) : this.#ssrc & 0x3fffffff;
    const jump = faultOf(faults, "jump");
    const leap = jump && number >= jump.afterFrames ? jump.seconds : 0;
    if (leap !== this.#jumped) this.#reportDueMs = 0;
    this.#jumped = leap;
    return base + Math.round((number * CLOCK) / fps) + leap * CLOCK;
  }

  #report(programme: Programme, number: number, timestamp: number): void {
    const every = programme.reportEveryMs ?? 1000;
    const elapsedMs = (number * 1000) / programme.fps;
    if (every === 0 || elapsedMs < this.#reportDueMs) return;
    this.#reportDueMs = elapsedMs + every;
    const wallClockMs = performance.timeOrigin + this.#startedAt + elapsedMs + (programme.clockOffsetMs ?? 0);
    const packets = this.#sequence - this.#sequenceAt0;
    this.#out.rtcp(senderReport({ ssrc: this.#ssrc, wallClockMs, timestamp, packets, octets: this.#octets }));
  }

  /** What is put into the connection between two pictures. */
  #spoil(faults: Fault[], number: number): void {
    const garbage = faultOf(faults, "garbage");
    if (garbage && number >= garbage.afterFrames && number < garbage.afterFrames + (garbage.times ?? 1)) {
      const random = seededRandom(garbage.seed + number);
      this.#out.raw(Uint8Array.from({ length: garbage.bytes }, () => random() * 256));
    }
    if (faultOf(faults, "oversize")?.afterFrames === number) {
      this.#out.raw(Uint8Array.of(0x24, 0, 0xff, 0xff, 0x80, 0x60, 1, 2, 3, 4));
    }
    const drip = faultOf(faults, "drip");
    if (drip && number === drip.afterFrames) this.#out.limit(drip.bytesPerSecond);
  }

  /** What is done to the packets of a picture. */
  #disturb(faults: Fault[], number: number, packets: Uint8Array[]): Uint8Array[] {
    const corrupt = faultOf(faults, "corrupt");
    if (corrupt && number >= (corrupt.fromFrame ?? 0)) {
      const random = this.#random ??= seededRandom(corrupt.seed);
      for (const packet of packets) {
        if (random() >= corrupt.share) continue;
        for (let hits = 0; hits < 8; hits++) {
          packet[12 + Math.floor(random() * (packet.length - 12))] ^= 1 << Math.floor(random() * 8);
        }
      }
    }
    const swap = faultOf(faults, "swap");
    if (swap) {
      for (let at = 0; at + 1 < packets.length; at += swap.every) {
        [packets[at], packets[at + 1]] = [packets[at + 1], packets[at]];
      }
    }
    const loss = faultOf(faults, "loss");
    if (!loss) return packets;
    const random = this.#random ??= seededRandom(loss.seed);
    return packets.filter(() => random() >= loss.share);
  }
}

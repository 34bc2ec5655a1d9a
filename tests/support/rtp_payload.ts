import { jpegPayloads } from "./rtp_jpeg.ts";
import { type AccessUnit, splitNals, type Track } from "./rtp_track.ts";

/** The RTP payloads of one picture, in order; the last one carries the marker. */
export function payloadsOf(codec: Track["codec"], unit: AccessUnit, mtu = 1400): Uint8Array[] {
  if (codec === "mjpeg") return jpegPayloads(unit.data, mtu);
  const nals = splitNals(unit.data);
  return nals.flatMap((nal) => codec === "h264" ? fragmentH264(nal, mtu) : fragmentH265(nal, mtu));
}

/** RFC 6184: a NAL unit as it is when it fits, else FU-A fragments. */
function fragmentH264(nal: Uint8Array, mtu: number): Uint8Array[] {
  if (nal.length <= mtu) return [nal];
  const indicator = (nal[0] & 0xe0) | 28;
  return fragments(nal, 1, mtu - 2, (flags) => [indicator, flags | (nal[0] & 0x1f)]);
}

/** RFC 7798: a NAL unit as it is when it fits, else FU fragments. */
function fragmentH265(nal: Uint8Array, mtu: number): Uint8Array[] {
  if (nal.length <= mtu) return [nal];
  const first = (nal[0] & 0x81) | (49 << 1);
  return fragments(nal, 2, mtu - 3, (flags) => [first, nal[1], flags | ((nal[0] >> 1) & 0x3f)]);
}

function fragments(nal: Uint8Array, skip: number, size: number, header: (flags: number) => number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = skip; at < nal.length; at += size) {
    const flags = (at === skip ? 0x80 : 0) | (at + size >= nal.length ? 0x40 : 0);
    const head = header(flags);
    const payload = new Uint8Array(head.length + Math.min(size, nal.length - at));
    payload.set(head);
    payload.set(nal.subarray(at, at + size), head.length);
    out.push(payload);
  }
  return out;
}

/** What to send once besides: parameter sets of the track, by NAL type, for the session description. */
export function parameterSets(track: Track): Uint8Array[] {
  const key = track.units.find((unit) => unit.key);
  if (!key || track.codec === "mjpeg") return [];
  return splitNals(key.data).filter((nal) => {
    const type = track.codec === "h264" ? nal[0] & 0x1f : (nal[0] >> 1) & 0x3f;
    return track.codec === "h264" ? type === 7 || type === 8 : type >= 32 && type <= 34;
  });
}

/** One RTP packet. */
export function rtpPacket(options: {
  payload: Uint8Array;
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
}): Uint8Array {
  const packet = new Uint8Array(12 + options.payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x80;
  packet[1] = (options.marker ? 0x80 : 0) | options.payloadType;
  view.setUint16(2, options.sequence & 0xffff);
  view.setUint32(4, options.timestamp >>> 0);
  view.setUint32(8, options.ssrc);
  packet.set(options.payload, 12);
  return packet;
}

const NTP_EPOCH_OFFSET_S = 2_208_988_800;

/** An RTCP sender report: at this wall clock (Unix milliseconds) the RTP clock stood at `timestamp`. */
export function senderReport(options: {
  ssrc: number;
  wallClockMs: number;
  timestamp: number;
  packets: number;
  octets: number;
}): Uint8Array {
  const report = new Uint8Array(28);
  const view = new DataView(report.buffer);
  const seconds = Math.floor(options.wallClockMs / 1000);
  view.setUint32(0, 0x80c80006);
  view.setUint32(4, options.ssrc);
  view.setUint32(8, (seconds + NTP_EPOCH_OFFSET_S) >>> 0);
  view.setUint32(12, Math.floor(((options.wallClockMs - seconds * 1000) / 1000) * 0x1_0000_0000) >>> 0);
  view.setUint32(16, options.timestamp >>> 0);
  view.setUint32(20, options.packets >>> 0);
  view.setUint32(24, options.octets >>> 0);
  return report;
}

/** An RTCP BYE. */
export function goodbye(ssrc: number): Uint8Array {
  const bye = new Uint8Array(8);
  const view = new DataView(bye.buffer);
  view.setUint32(0, 0x81cb0001);
  view.setUint32(4, ssrc);
  return bye;
}

import { type ClipSpec, makeClip } from "./clips.ts";
import { splitStream, type Track } from "./rtp_track.ts";

/** A track for the RTSP server, freshly encoded: H.264 or H.265 without reordering, its frames numbered. */
export function makeTrack(spec: Omit<ClipSpec, "container" | "codec"> & { codec?: "h264" | "hevc" } = {}): Track {
  const { codec = "h264", width = 320, height = 240, gop = 25, ...rest } = spec;
  const path = makeClip({ ...rest, codec, width, height, gop, bframes: 0, container: "ts" });
  return { codec, width, height, units: splitStream(codec, elementaryStream(Deno.readFileSync(path))) };
}

const PACKET = 188;
const VIDEO_PID = 0x100;

/** The video of an MPEG transport stream, out of its packets. */
export function elementaryStream(transport: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at + PACKET <= transport.length; at += PACKET) {
    const packet = transport.subarray(at, at + PACKET);
    const pid = ((packet[1] & 0x1f) << 8) | packet[2];
    if (packet[0] !== 0x47 || pid !== VIDEO_PID || !(packet[3] & 0x10)) continue;
    let payload = packet.subarray(packet[3] & 0x20 ? 5 + packet[4] : 4);
    // A packet that starts a PES packet has its header first.
    if (packet[1] & 0x40) payload = payload.subarray(9 + payload[8]);
    pieces.push(payload);
  }
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

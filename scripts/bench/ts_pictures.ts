import { joinedBytes } from "../../src/core/joined_bytes.ts";

const PACKET = 188;
const SYNC = 0x47;

/** The elementary stream of the first video in an MPEG transport stream, as FFmpeg's muxer writes it. */
export function videoOfTransportStream(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + PACKET <= file.length; at += PACKET) {
    if (file[at] !== SYNC) throw new Error(`Cannot read the transport stream: no packet at byte ${at}`);
    const pid = ((file[at + 1] & 0x1f) << 8) | file[at + 2];
    const control = (file[at + 3] >> 4) & 3;
    if (pid !== VIDEO_PID || !(control & 1)) continue;
    let payload = file.subarray(at + 4, at + PACKET);
    if (control & 2) payload = payload.subarray(1 + payload[0]);
    // A new picture begins with a header of its own, as long as its ninth byte says.
    if (file[at + 1] & 0x40) payload = payload.subarray(9 + payload[8]);
    parts.push(payload);
  }
  return joinedBytes(parts);
}

const VIDEO_PID = 0x100;

import { parameterSets } from "./rtp_payload.ts";
import type { Track } from "./rtp_track.ts";

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** The payload type a codec is sent under. */
export function payloadTypeOf(codec: Track["codec"]): number {
  return { h264: 96, hevc: 98, mjpeg: 26 }[codec];
}

/** How much a camera says of its video. */
export type Description = "full" | "bare" | "sound-only";

/** The session description of a track. */
export function sdpOf(track: Track, fps: number, description: Description = "full"): string {
  const type = payloadTypeOf(track.codec);
  const media = description === "sound-only"
    ? ["m=audio 0 RTP/AVP 0"]
    : [`m=video 0 RTP/AVP ${type}`, ...formatLines(track, type, description), `a=framerate:${fps}`];
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=chaos camera",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=control:*",
    "a=range:npt=0-",
    ...media,
    "a=control:track1",
    "",
  ].join("\r\n");
}

function formatLines(track: Track, type: number, description: Description): string[] {
  const sets = parameterSets(track);
  if (description === "bare" && track.codec !== "mjpeg") {
    const name = track.codec === "h264" ? "H264" : "H265";
    return [`a=rtpmap:${type} ${name}/90000`, ...(name === "H264" ? [`a=fmtp:${type} packetization-mode=1`] : [])];
  }
  if (track.codec === "h264") {
    const profile = [...(sets[0] ?? []).slice(1, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const sprop = sets.map(base64).join(",");
    return [
      `a=rtpmap:${type} H264/90000`,
      `a=fmtp:${type} packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${sprop}`,
    ];
  }
  if (track.codec === "hevc") {
    const names = ["vps", "sps", "pps"];
    const sprop = sets.map((set) => `sprop-${names[((set[0] >> 1) & 0x3f) - 32]}=${base64(set)}`).join(";");
    return [`a=rtpmap:${type} H265/90000`, `a=fmtp:${type} ${sprop}`];
  }
  return [];
}

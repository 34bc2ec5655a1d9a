import { videoOfTransportStream } from "../../scripts/bench/ts_pictures.ts";
import { type ClipSpec, makeClip } from "./clips.ts";
import { splitStream, type Track } from "./rtp_track.ts";

/** A track for the RTSP server, freshly encoded: H.264 or H.265 without reordering, its frames numbered. */
export function makeTrack(spec: Omit<ClipSpec, "container" | "codec"> & { codec?: "h264" | "hevc" } = {}): Track {
  const { codec = "h264", width = 320, height = 240, gop = 25, ...rest } = spec;
  const path = makeClip({ ...rest, codec, width, height, gop, bframes: 0, container: "ts" });
  return { codec, width, height, units: splitStream(codec, videoOfTransportStream(Deno.readFileSync(path))) };
}

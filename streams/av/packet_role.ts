import type { Arrival } from "../../src/core/source.ts";

/** How a stream's packets are cut into NAL units: by start codes, or by lengths of so many bytes. */
export type NalFraming = "start-codes" | 1 | 2 | 3 | 4;

/** What is needed to tell a packet's role. */
export interface PacketFacts {
  codec: string;
  framing: NalFraming;
  /** The container or parser calls it a key frame. */
  key: boolean;
  /** The container says that nothing refers to it. */
  disposable: boolean;
}

/** The framing of an H.264 or HEVC stream, by its decoder configuration. */
export function nalFraming(codec: string, extradata: Uint8Array | null | undefined): NalFraming {
  if (!extradata || extradata[0] !== 1) return "start-codes";
  if (codec === "h264" && extradata.length >= 7) return ((extradata[4] & 3) + 1) as NalFraming;
  if (codec === "hevc" && extradata.length >= 23) return ((extradata[21] & 3) + 1) as NalFraming;
  return "start-codes";
}

/** What other frames need of this one. `data` is asked for only when the container does not tell. */
export function packetRole(facts: PacketFacts, data: () => Uint8Array | null): Arrival["role"] {
  if (facts.key) return "key";
  if (facts.disposable) return "disposable";
  if (facts.codec !== "h264" && facts.codec !== "hevc") return "reference";
  const bytes = data();
  if (!bytes) return "reference";
  let slices = 0;
  const needed = eachNal(bytes, facts.framing, (first) => {
    const slice = facts.codec === "h264" ? h264Slice(first) : hevcSlice(first);
    if (slice) slices++;
    return slice === "reference";
  });
  return slices > 0 && !needed ? "disposable" : "reference";
}

type Slice = "reference" | "disposable" | undefined;

function h264Slice(header: number): Slice {
  const type = header & 31;
  if (type < 1 || type > 5) return undefined;
  return (header >> 5) & 3 ? "reference" : "disposable";
}

function hevcSlice(header: number): Slice {
  const type = (header >> 1) & 63;
  if (type > 31) return undefined;
  // Below 16 the even types are the sub-layer non-reference pictures.
  return type < 16 && type % 2 === 0 ? "disposable" : "reference";
}

/** Shows the first byte of every NAL unit until `visit` answers true; answers whether it did. */
function eachNal(bytes: Uint8Array, framing: NalFraming, visit: (header: number) => boolean): boolean {
  if (framing === "start-codes") {
    for (let index = 0; index + 3 < bytes.length; index++) {
      if (bytes[index + 2] > 1) index += 2;
      else if (bytes[index] === 0 && bytes[index + 1] === 0 && bytes[index + 2] === 1) {
        if (visit(bytes[index + 3])) return true;
        index += 3;
      }
    }
    return false;
  }
  let index = 0;
  while (index + framing < bytes.length) {
    let length = 0;
    for (let byte = 0; byte < framing; byte++) length = length * 256 + bytes[index + byte];
    index += framing;
    if (length > 0 && visit(bytes[index])) return true;
    index += length;
  }
  return false;
}

/** One coded picture. */
export interface AccessUnit {
  /** Annex B for H.264 and H.265, a whole JPEG for MJPEG. */
  data: Uint8Array;
  key: boolean;
}

/** What a camera of the RTSP server plays, over and over. */
export interface Track {
  codec: "h264" | "hevc" | "mjpeg";
  width: number;
  height: number;
  units: AccessUnit[];
}

/** The NAL units of an Annex B stream, without their start codes. */
export function splitNals(data: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    if (start >= 0) nals.push(withoutTrailingZeros(data.subarray(start, at)));
    start = at + 3;
    at += 2;
  }
  if (start >= 0) nals.push(withoutTrailingZeros(data.subarray(start)));
  return nals;
}

function withoutTrailingZeros(nal: Uint8Array): Uint8Array {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end--;
  return nal.subarray(0, end);
}

/** Cuts an elementary stream (.h264, .h265, .mjpeg) into its pictures. */
export function splitStream(codec: Track["codec"], data: Uint8Array): AccessUnit[] {
  if (codec === "mjpeg") return splitJpegs(data);
  const units: AccessUnit[] = [];
  let nals: Uint8Array[] = [];
  let hasSlice = false;
  let key = false;
  const finish = () => {
    if (hasSlice) units.push({ data: joinNals(nals), key });
    nals = [];
    hasSlice = key = false;
  };
  for (const nal of splitNals(data)) {
    const kind = nalKind(codec, nal);
    if (hasSlice && kind !== "slice" && kind !== "suffix") finish();
    nals.push(nal);
    if (kind === "first-slice" || kind === "first-key-slice") hasSlice = true;
    if (kind === "first-key-slice") key = true;
  }
  finish();
  return units;
}

function nalKind(codec: "h264" | "hevc", nal: Uint8Array) {
  if (codec === "h264") {
    const type = nal[0] & 0x1f;
    if (type >= 1 && type <= 5) return nal[1] & 0x80 ? (type === 5 ? "first-key-slice" : "first-slice") : "slice";
    return type >= 6 && type <= 9 ? "prefix" : "suffix";
  }
  const type = (nal[0] >> 1) & 0x3f;
  if (type < 32) return nal[2] & 0x80 ? (type >= 16 && type <= 21 ? "first-key-slice" : "first-slice") : "slice";
  return (type >= 32 && type <= 35) || type === 39 ? "prefix" : "suffix";
}

function joinNals(nals: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(nals.reduce((sum, nal) => sum + nal.length + 4, 0));
  let at = 0;
  for (const nal of nals) {
    joined[at + 3] = 1;
    joined.set(nal, at + 4);
    at += nal.length + 4;
  }
  return joined;
}

function splitJpegs(data: Uint8Array): AccessUnit[] {
  const starts: number[] = [];
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] === 0xff && data[at + 1] === 0xd8 && data[at + 2] === 0xff) starts.push(at);
  }
  return starts.map((start, index) => ({ data: data.slice(start, starts[index + 1] ?? data.length), key: true }));
}

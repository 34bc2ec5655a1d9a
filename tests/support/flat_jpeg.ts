import type { Track } from "./rtp_track.ts";

/**
 * A baseline JPEG of one shade of gray with the standard Huffman tables, which RTP takes for granted and encoders
 * seldom use. Sizes are multiples of 16.
 */
export function flatJpeg(width: number, height: number, gray: number): Uint8Array {
  const bits: number[] = [];
  const put = (code: string) => bits.push(...[...code].map(Number));
  let last = 0;
  for (let block = 0; block < (width / 16) * (height / 16); block++) {
    for (let luma = 0; luma < 4; luma++) {
      // The mean of a block is stored as the difference to the one before it; a quantiser of 8 makes it one for one.
      put(dcCode(gray - 128 - last));
      last = gray - 128;
      put(END_OF_BLOCK.luma);
    }
    for (let chroma = 0; chroma < 2; chroma++) put("00" + END_OF_BLOCK.chroma);
  }
  return Uint8Array.from([...header(width, height), ...stuffed(bits), 0xff, 0xd9]);
}

/** A film of flat pictures of 320x240; picture `i` has the shade `20 + 4 i`. */
export function flatJpegTrack(): Track {
  const units = Array.from({ length: 50 }, (_, index) => ({ data: flatJpeg(320, 240, 20 + index * 4), key: true }));
  return { codec: "mjpeg", width: 320, height: 240, units };
}

const END_OF_BLOCK = { luma: "1010", chroma: "00" };
/** Codes of the standard table for the number of bits of a difference. */
const DC_LUMA = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110"];

function dcCode(difference: number): string {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  if (size === 0) return DC_LUMA[0];
  const value = difference > 0 ? difference : difference + (1 << size) - 1;
  return DC_LUMA[size] + value.toString(2).padStart(size, "0");
}

function header(width: number, height: number): number[] {
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  return [
    ...[0xff, 0xd8],
    ...[0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(8)],
    ...[0xff, 0xc0, 0, 17, 8, ...size, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0],
    ...[0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0],
  ];
}

function stuffed(bits: number[]): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | (bits[at + bit] ?? 1);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return bytes;
}

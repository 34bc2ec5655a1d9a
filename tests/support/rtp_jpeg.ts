/** RFC 2435: a baseline JPEG with the standard Huffman tables, its quantisation tables sent along (Q = 255). */
export function jpegPayloads(jpeg: Uint8Array, mtu: number): Uint8Array[] {
  const { width, height, type, tables, scan } = parseJpeg(jpeg);
  const out: Uint8Array[] = [];
  for (let at = 0; at < scan.length;) {
    const tableHeader = at === 0 ? [0, 0, tables.length >> 8, tables.length & 0xff, ...tables] : [];
    const room = mtu - 8 - tableHeader.length;
    const piece = scan.subarray(at, at + room);
    const payload = new Uint8Array(8 + tableHeader.length + piece.length);
    payload.set([0, at >> 16, (at >> 8) & 0xff, at & 0xff, type, 255, width / 8, height / 8, ...tableHeader]);
    payload.set(piece, 8 + tableHeader.length);
    out.push(payload);
    at += piece.length;
  }
  return out;
}

function parseJpeg(jpeg: Uint8Array) {
  let width = 0;
  let height = 0;
  let type = 1;
  const tables: number[] = [];
  for (let at = 2; at + 4 <= jpeg.length;) {
    const marker = jpeg[at + 1];
    const length = (jpeg[at + 2] << 8) | jpeg[at + 3];
    const body = jpeg.subarray(at + 4, at + 2 + length);
    // Each table of a DQT segment follows a byte that names its precision and place.
    if (marker === 0xdb) {
      for (let t = 0; t + 65 <= body.length; t += 65) tables.push(...body.subarray(t + 1, t + 65));
    }
    if (marker === 0xc0) {
      height = (body[1] << 8) | body[2];
      width = (body[3] << 8) | body[4];
      type = body[7] === 0x21 ? 0 : 1;
    }
    at += 2 + length;
    if (marker === 0xda) {
      if (width % 8 || height % 8 || width > 2040 || height > 2040) {
        throw new RangeError("size not possible in RTP/JPEG");
      }
      // A picture in colour is expected to bring a table for brightness and one for colour, even when they are one.
      const both = tables.length === 64 ? [...tables, ...tables] : tables;
      return { width, height, type, tables: both, scan: jpeg.subarray(at) };
    }
  }
  throw new SyntaxError("JPEG without a scan");
}

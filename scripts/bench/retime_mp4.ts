/**
 * The same MP4 file at another speed: every frame, `factor` times as fast. Only the clocks in its headers change, so
 * nothing is encoded anew and the pictures stay identical. Clocks are whole numbers, so the factor that results is
 * answered, too.
 */
export function retimeMp4(
  file: Uint8Array,
  factor: number,
): { file: Uint8Array<ArrayBuffer>; factor: number } {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  let clocks = 0;
  let exact = factor;
  const walk = (start: number, end: number) => {
    for (let at = start; at + 8 <= end;) {
      let size = view.getUint32(at);
      const kind = String.fromCharCode(...copy.subarray(at + 4, at + 8));
      let body = at + 8;
      if (size === 1) {
        size = Number(view.getBigUint64(at + 8));
        body += 8;
      } else if (size === 0) size = end - at;
      if (size < body - at || at + size > end) throw new Error(`Cannot retime the file: its box ${kind} is cut short`);
      if (kind === "moov" || kind === "trak" || kind === "mdia") walk(body, at + size);
      if (kind === "mvhd" || kind === "mdhd") {
        // Version 1 has 64-bit times before the clock.
        const clockAt = body + (copy[body] === 1 ? 20 : 12);
        const before = view.getUint32(clockAt);
        const after = Math.round(before * factor);
        view.setUint32(clockAt, after);
        if (kind === "mdhd") exact = after / before;
        clocks++;
      }
      at += size;
    }
  };
  walk(0, copy.length);
  if (clocks < 2) throw new Error("Cannot retime the file: it has no MP4 clocks");
  return { file: copy, factor: exact };
}

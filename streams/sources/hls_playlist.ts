/** Whether these bytes begin a playlist; FFmpeg looks no further either. */
export function isPlaylist(bytes: Uint8Array): boolean {
  return PLAYLIST_MARK.every((byte, index) => bytes[index] === byte);
}

const PLAYLIST_MARK = [...new TextEncoder().encode("#EXTM3U")];

/** How many bytes tell whether a playlist begins. */
export const PLAYLIST_MARK_BYTES = PLAYLIST_MARK.length;

/** The tags whose addresses FFmpeg opens. */
const TAGS = /^#(EXT-X-KEY|EXT-X-MAP|EXT-X-MEDIA|EXT-X-STREAM-INF|EXT-X-I-FRAME-STREAM-INF):(.*)$/;

/**
 * A playlist in which every address is replaced by what `replace` makes of it. It is read the way FFmpeg reads it and
 * written anew, so that nothing slips through that only one of the two takes for an address.
 */
export function rewritePlaylist(text: string, base: URL, replace: (url: URL) => string): string {
  const resolve = (address: string) => URL.canParse(address, base) ? replace(new URL(address, base)) : "";
  const lines: string[] = [];
  for (const line of text.split(/[\r\n\0]+/)) {
    const tag = TAGS.exec(line);
    if (tag) lines.push(`#${tag[1]}:${attributes(tag[2], resolve)}`);
    else if (line.startsWith("#")) lines.push(line);
    else if (line.trim() !== "") lines.push(resolve(line.trim()));
  }
  return lines.join("\n") + "\n";
}

function attributes(text: string, resolve: (address: string) => string): string {
  const out: string[] = [];
  let at = 0;
  while (at < text.length) {
    while (at < text.length && /[\s,]/.test(text[at])) at++;
    const equals = text.indexOf("=", at);
    if (equals < 0) break;
    const name = text.slice(at, equals);
    at = equals + 1;
    let value = "";
    const quoted = text[at] === '"';
    if (quoted) {
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === "\\") at++;
        value += text[at] ?? "";
      }
      at++;
    } else {
      while (at < text.length && !/[\s,]/.test(text[at])) value += text[at++];
    }
    if (name === "URI") value = resolve(value);
    out.push(quoted || name === "URI" ? `${name}="${value.replace(/["\\]/g, "\\$&")}"` : `${name}=${value}`);
  }
  return out.join(",");
}

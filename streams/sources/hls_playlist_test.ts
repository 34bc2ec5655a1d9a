import assert from "node:assert/strict";
import { isPlaylist, rewritePlaylist } from "./hls_playlist.ts";

const base = new URL("https://cdn.example/live/main/index.m3u8?session=1");
const rewrite = (text: string) => rewritePlaylist(text, base, (url) => `<${url.href}>`);

Deno.test("segments are resolved against the playlist and replaced", () => {
  const text =
    "#EXTM3U\n#EXTINF:4,\nseg1.ts\n#EXTINF:4,\n/other/seg2.ts?x=1\n#EXTINF:4,\nhttp://10.0.0.1/seg3.ts\n#EXT-X-ENDLIST\n";
  assert.equal(
    rewrite(text),
    "#EXTM3U\n#EXTINF:4,\n<https://cdn.example/live/main/seg1.ts>\n#EXTINF:4,\n<https://cdn.example/other/seg2.ts?x=1>\n" +
      "#EXTINF:4,\n<http://10.0.0.1/seg3.ts>\n#EXT-X-ENDLIST\n",
  );
});

Deno.test("keys, maps, renditions and variants are replaced", () => {
  assert.match(
    rewrite('#EXT-X-KEY:METHOD=AES-128,URI="http://evil/key",IV=0x1\n'),
    /METHOD=AES-128,URI="<http:\/\/evil\/key>",IV=0x1/,
  );
  assert.match(
    rewrite('#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"\n'),
    /URI="<https:\/\/cdn\.example\/live\/main\/init\.mp4>",BYTERANGE="10@0"/,
  );
  assert.match(rewrite('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="a.m3u8"\n'), /GROUP-ID="a",URI="<.*a\.m3u8>"/);
  const variant = '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2"\nlow.m3u8\n';
  assert.match(rewrite(variant), /CODECS="avc1\.64001f,mp4a\.40\.2"\n<.*\/low\.m3u8>\n$/);
});

Deno.test("no spelling of an address slips through", () => {
  const hidden = [
    "#EXT-X-KEY:METHOD=AES-128,URI=http://evil/1\n",
    '#EXT-X-KEY: METHOD=AES-128 , URI="http://evil/1"\n',
    '#EXT-X-KEY:METHOD=AES-128,URI="http:\\/\\/evil\\/1"\n',
    '#EXT-X-KEY:X="a\\",URI=http://good/",URI="http://evil/1"\n',
    "#EXTINF:1,\r  http://evil/1\r",
    "#EXTINF:1,\0http://evil/1\0",
    "#EXTINF:1,\n\thttp://evil/1\n",
    "#EXTINF:1,\nhttp:\\\\evil\\1\n",
    "#EXTINF:1,\n//evil/1\n",
  ];
  for (const text of hidden) {
    const rest = rewrite(text).replace(/<[^>]*>/g, "<>");
    assert.ok(rest.includes("<>") && !/evil/.test(rest), `${JSON.stringify(text)} → ${JSON.stringify(rest)}`);
  }
});

Deno.test("a playlist is known by its first bytes", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.ok(isPlaylist(bytes("#EXTM3U\n#EXT-X-VERSION:3")));
  for (const text of ["", "#EXTM3", " #EXTM3U", "#extm3u"]) assert.ok(!isPlaylist(bytes(text)), text);
});

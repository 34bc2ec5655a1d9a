import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";
import {
  bmpImage,
  damagedPng,
  gifImage,
  joined,
  jpegImage,
  palettePng,
  pngChunk,
  pngHeaderChunk,
  pngImage,
  pngOf,
  webpImage,
} from "../support/images.ts";
import { Camera } from "../support/ingest_rig.ts";
import { until } from "../support/until.ts";

const words = (text: string) => new TextEncoder().encode(text);
const SCRIPT = "<script>alert(document.domain)</script>";
const HTML = words(`<html><body>${SCRIPT}</body></html>`);
/** The end of an archive with nothing in it: with it at its end, a file is a ZIP. */
const ZIP = joined(words("PK\x05\x06"), new Uint8Array(18));

/** A comment in a JPEG, before its pictures. */
function withComment(jpeg: Uint8Array, text: Uint8Array): Uint8Array {
  const segment = Uint8Array.of(0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 255, ...text);
  return joined(jpeg.subarray(0, 2), segment, jpeg.subarray(2));
}

/** Pictures that are something else besides. What comes out of the server must be the picture alone. */
const BOTH: [what: string, bytes: Uint8Array][] = [
  ["a JPEG with a page behind it", joined(jpegImage(64, 48), HTML)],
  ["a JPEG with a page in its comment", withComment(jpegImage(64, 48), HTML)],
  ["a JPEG with an archive behind it", joined(jpegImage(64, 48), ZIP)],
  ["a JPEG with another behind it", joined(jpegImage(64, 48), jpegImage(320, 240))],
  ["a PNG with an archive behind it", joined(pngImage(64, 48), ZIP)],
  ["a PNG with a page in its text", pngImage(64, 48, pngChunk("tEXt", joined(words("Comment\0"), HTML)))],
  ["a WebP with a page behind it", joined(webpImage(64, 48), HTML)],
  [
    "a PNG with a palette, and a page in its text",
    palettePng(64, 48, pngChunk("tEXt", joined(words("Comment\0"), HTML))),
  ],
  ["an animated GIF", gifImage(64, 48, { frames: 3 })],
  ["a BMP", bmpImage(64, 48)],
];

const jpeg = jpegImage(64, 48);
const png = pngImage(64, 48);
const webp = webpImage(64, 48);
/** What is no picture, or only the beginning of one. */
const NONE: [what: string, bytes: Uint8Array][] = [
  ["a page", HTML],
  ["a page that begins as a GIF", words(`GIF89a/*${SCRIPT}*/`)],
  ["a GIF with an archive behind it", joined(gifImage(64, 48), ZIP)],
  ["the beginning of a GIF", gifImage(64, 48).subarray(0, 900)],
  ["a BMP with a page behind it", joined(bmpImage(64, 48), HTML)],
  ["the beginning of a BMP", bmpImage(64, 48).subarray(0, 900)],
  ["an SVG", words(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)],
  ["a PDF", words("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj")],
  ["an archive", ZIP],
  ["a program", words("\x7fELF\x02\x01\x01")],
  ["a playlist that names a file", words("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")],
  ["a list of files for FFmpeg", words("ffconcat version 1.0\nfile /etc/passwd\n")],
  ["the beginning of a JPEG", jpeg.subarray(0, jpeg.length >> 1)],
  ["the first bytes of a JPEG", jpeg.subarray(0, 3)],
  ["a JPEG whose sizes are lies", jpeg.map((byte, at) => at > 2 && at < 40 ? 0xff : byte)],
  ["the beginning of a PNG", png.subarray(0, png.length >> 1)],
  ["the name of a PNG", png.subarray(0, 8)],
  ["a PNG of noise", damagedPng(64, 48)],
  [
    "a PNG of no size",
    pngOf(pngHeaderChunk(0, 0), pngChunk("IDAT", new Uint8Array(8)), pngChunk("IEND", new Uint8Array())),
  ],
  ["a PNG of two thousand million rows", pngOf(pngHeaderChunk(1, 2 ** 31 - 1), pngChunk("IEND", new Uint8Array()))],
  ["a PNG of sixty thousand squared", pngOf(pngHeaderChunk(60_000, 60_000), pngChunk("IEND", new Uint8Array()))],
  ["the beginning of a WebP", webp.subarray(0, webp.length >> 1)],
];

async function rig(): Promise<{ server: GuestServer; camera: Camera }> {
  const server = await GuestServer.start();
  // Something that looks at every picture: what nobody looks at is not decoded.
  const pipeline = [{ analyzer: "counter" }];
  const policy = { maxAgeMs: 60_000 };
  await server.ask("POST", "/api/v1/streams", { id: "me", source: { kind: "webcam" }, pipeline, policy });
  return { server, camera: await Camera.open(`${server.url}/api/v1/ingest/me`) };
}

Deno.test("a picture that is something else besides comes out as a picture and nothing else", async () => {
  const { server, camera } = await rig();
  await using _server = server;
  await using _camera = camera;
  for (const [what, bytes] of BOTH) {
    let come = false;
    const answer = fetch(`${server.url}/api/v1/streams/me/frame.jpg`).then(async (response) => {
      const out = new Uint8Array(await response.arrayBuffer());
      come = true;
      return { response, out };
    });
    while (!come) await camera.sendInTurn(bytes);
    const { response, out } = await answer;
    assert.equal(response.headers.get("content-type"), "image/jpeg", what);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", what);
    assert.deepEqual([...out.subarray(0, 2), ...out.subarray(-2)], [0xff, 0xd8, 0xff, 0xd9], what);
    const inside = new TextDecoder("latin1").decode(out);
    assert.ok(!inside.includes("<script>") && !inside.includes("PK\x05\x06"), what);
  }
  for (const { frame } of camera.of("result")) assert.deepEqual(frame, { width: 64, height: 48 });
  assert.deepEqual(camera.codes, []);
});

Deno.test("what is no picture, half of one, or one too large costs that frame, and the server and the next are well", async () => {
  const { server, camera } = await rig();
  await using _server = server;
  await using _camera = camera;
  // deno-lint-ignore no-explicit-any -- as the API answers it
  const frames = async (): Promise<any> => (await server.ask("GET", "/api/v1/streams/me")).status.frames;
  for (const [index, [what, bytes]] of NONE.entries()) {
    await camera.sendInTurn(bytes);
    await until(async () => {
      const { received, inFlight } = await frames();
      return received === index + 1 && inFlight === 0;
    }, `the account of ${what}`);
    assert.equal((await frames()).completed, 0, what);
  }
  const codes = ["unsupported", "truncated", "too_large", "invalid"];
  assert.ok(camera.codes.every((code) => codes.includes(code!)), `${camera.codes}`);
  assert.ok(camera.codes.length >= NONE.length / 2, `${camera.codes}`);
  await camera.sendInTurn(jpeg);
  await until(() => camera.of("result").length === 1, "the next good one is taken");
  const { dropped, unaccounted } = await frames();
  // Noise in good order is found out by whoever looks at it first.
  assert.equal(dropped.undecodable + dropped.failed, NONE.length);
  assert.ok(dropped.failed <= 1, JSON.stringify(dropped));
  assert.equal(unaccounted, 0);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, new RegExp(`cause="undecodable".*\\} ${dropped.undecodable}\n`));
});

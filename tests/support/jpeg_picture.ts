import { Decoder } from "../../streams/av/decoder.ts";
import { openInput } from "../../streams/av/input.ts";
import { readCounter } from "../../src/vision/counter_code.ts";

/** The pixels of a JPEG, decoded by FFmpeg as anybody would. */
export interface JpegPixels {
  width: number;
  height: number;
  rgb: Uint8Array;
  gray: Uint8Array;
}

/** Decodes a JPEG. */
export async function jpegPixels(jpeg: Uint8Array): Promise<JpegPixels> {
  const path = await Deno.makeTempFile({ prefix: "weir-test-", suffix: ".jpg" });
  try {
    await Deno.writeFile(path, jpeg);
    const timeouts = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };
    await using input = await openInput(
      { url: `file:${path}`, protocolWhitelist: "file", ...timeouts },
      new AbortController().signal,
    );
    using decoder = new Decoder<null>(input.video);
    const packet = input.readPacketSync();
    if (packet === "ended") throw new Error("The JPEG holds no picture");
    using picture = decoder.decode(packet.packet, null).pictures[0].picture;
    const { width, height } = picture;
    return { width, height, rgb: picture.pixels({ format: "rgb" }), gray: picture.pixels({ format: "gray" }) };
  } finally {
    await Deno.remove(path);
  }
}

/** The number burned into a JPEG of scene:counter. */
export async function counterIn(jpeg: Uint8Array): Promise<number | undefined> {
  const { width, height, gray } = await jpegPixels(jpeg);
  return readCounter(gray, width, height);
}

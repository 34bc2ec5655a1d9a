import assert from "node:assert/strict";
import { corrupted, makeClip, readIndex } from "../../tests/support/clips.ts";
import { type Decoded, Decoder } from "./decoder.ts";
import { type Input, openInput, type VideoPacket } from "./input.ts";
import { livePictures } from "./picture.ts";

function open(path: string): Promise<Input> {
  const timeouts = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };
  return openInput({ url: `file:${path}`, protocolWhitelist: "file", ...timeouts }, new AbortController().signal);
}

function* packets(input: Input): Generator<VideoPacket> {
  for (let packet = input.readPacketSync(); packet !== "ended"; packet = input.readPacketSync()) yield packet;
}

/** Takes the numbers out of pictures, and disposes them. */
function take<Info>({ pictures }: Decoded<Info>): { info: Info; index: number }[] {
  return pictures.map(({ info, picture }) => {
    using own = picture;
    return { info, index: readIndex(own) };
  });
}

for (
  const [codec, container] of [["h264", "mp4"], ["hevc", "mp4"], ["vp9", "webm"], ["av1", "mp4"], [
    "mjpeg",
    "mkv",
  ]] as const
) {
  for (const threads of [1, 2]) {
    Deno.test(`${codec} pictures come out under their packets' names with ${threads} threads`, async () => {
      await using input = await open(makeClip({ codec, container, frames: 30 }));
      using decoder = new Decoder<number>(input.video, { threads, hardware: "none" });
      const seen: { info: number; index: number }[] = [];
      for (const { packet, ptsUs } of packets(input)) {
        const result = decoder.decode(packet, Math.round(ptsUs / 40_000));
        assert.deepEqual(result.lost, []);
        seen.push(...take(result));
      }
      const rest = decoder.flush();
      assert.deepEqual(rest.lost, []);
      seen.push(...take(rest));
      assert.deepEqual(seen, Array.from({ length: 30 }, (_, index) => ({ info: index, index })));
      assert.equal(decoder.hardware, undefined);
    });
  }
}

Deno.test("times that are missing, doubled or falling back do not mix frames up", async () => {
  await using input = await open(makeClip({ bframes: 2, frames: 30 }));
  using decoder = new Decoder<number>(input.video);
  const seen: { info: number; index: number }[] = [];
  for (const { packet, ptsUs } of packets(input)) {
    packet.pts = [-(2n ** 63n), 7n, 0n][Math.abs(ptsUs) % 3];
    seen.push(...take(decoder.decode(packet, Math.round(ptsUs / 40_000))));
  }
  seen.push(...take(decoder.flush()));
  assert.deepEqual(seen, Array.from({ length: 30 }, (_, index) => ({ info: index, index })));
});

Deno.test("a stream that is entered between key frames gives its first picture at the next one", async () => {
  await using input = await open(makeClip({ gop: 20, frames: 60, bframes: 0, container: "mkv" }));
  using decoder = new Decoder<number>(input.video);
  const seen: number[] = [];
  const lost: number[] = [];
  let index = 0;
  for (const { packet } of packets(input)) {
    if (index >= 5) {
      const result = decoder.decode(packet, index);
      lost.push(...result.lost.map(({ info }) => info));
      seen.push(...take(result).map(({ index }) => index));
    }
    index++;
  }
  const rest = decoder.flush();
  lost.push(...rest.lost.map(({ info }) => info));
  seen.push(...take(rest).map(({ index }) => index));
  assert.deepEqual(seen, Array.from({ length: 40 }, (_, frame) => frame + 20));
  assert.deepEqual(lost.sort((a, b) => a - b), Array.from({ length: 15 }, (_, frame) => frame + 5));
});

Deno.test("frames that never come are given up before the memory of them grows", async () => {
  await using input = await open(makeClip({ gop: 250, frames: 200, bframes: 0, container: "mkv" }));
  using decoder = new Decoder<number>(input.video);
  let waiting = 0;
  let most = 0;
  let index = 0;
  for (const { packet } of packets(input)) {
    if (index++ === 0) continue;
    const { pictures, lost } = decoder.decode(packet, index);
    assert.equal(pictures.length, 0);
    waiting += 1 - lost.length;
    most = Math.max(most, waiting);
  }
  assert.ok(most <= 20, `${most} waited`);
  assert.equal(decoder.flush().lost.length, waiting);
});

Deno.test("what is abandoned is named once, and the decoder starts afresh", async () => {
  await using input = await open(makeClip({ gop: 10, frames: 40, bframes: 3 }));
  using decoder = new Decoder<number>(input.video);
  const named = new Set<number>();
  let index = 0;
  for (const { packet } of packets(input)) {
    for (const { info } of take(decoder.decode(packet, index))) named.add(info);
    if (++index === 12) break;
  }
  const abandoned = decoder.abandon();
  assert.ok(abandoned.length > 0);
  abandoned.forEach((info) => named.add(info));
  assert.equal(named.size, 12);
  assert.deepEqual(decoder.abandon(), []);
  assert.deepEqual(decoder.flush(), { pictures: [], lost: [] });
});

for (const codec of ["h264", "hevc", "mjpeg", "vp9", "av1"] as const) {
  Deno.test(`a damaged ${codec} stream names every packet exactly once`, async () => {
    const container = codec === "vp9" ? "webm" : "mkv";
    const path = makeClip({ codec, container, frames: 60, gop: 15, bframes: codec === "h264" ? 2 : 0 });
    for (const seed of [11, 12, 13]) {
      await using input = await open(corrupted(path, { seed, flips: 25, sparing: 1500 }));
      using decoder = new Decoder<number>(input.video);
      const named: number[] = [];
      const settle = (result: Decoded<number>) => {
        for (const { info, picture } of result.pictures) {
          picture[Symbol.dispose]();
          named.push(info);
        }
        for (const { info, reason } of result.lost) {
          assert.ok(reason);
          named.push(info);
        }
      };
      let sent = 0;
      try {
        for (const { packet } of packets(input)) settle(decoder.decode(packet, sent++));
      } catch {
        // The container itself may be damaged; what was read counts.
      }
      settle(decoder.flush());
      assert.deepEqual(named.sort((a, b) => a - b), Array.from({ length: sent }, (_, index) => index));
      assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
    }
  });
}

Deno.test("pictures outlive the decoder that made them", async () => {
  await using input = await open(makeClip({ frames: 5 }));
  const decoder = new Decoder<number>(input.video);
  const kept: Decoded<number>["pictures"] = [];
  for (const { packet } of packets(input)) kept.push(...decoder.decode(packet, 0).pictures);
  kept.push(...decoder.flush().pictures);
  decoder[Symbol.dispose]();
  assert.deepEqual(kept.map(({ picture }) => readIndex(picture)), [0, 1, 2, 3, 4]);
  for (const { picture } of kept) picture[Symbol.dispose]();
});

Deno.test("decoded pixels are the same for any number of threads", async () => {
  const digests = [];
  for (const threads of [1, 3]) {
    await using input = await open(makeClip({ frames: 20, bframes: 2 }));
    using decoder = new Decoder<number>(input.video, { threads, hardware: "none" });
    const parts: Uint8Array[] = [];
    const collect = ({ pictures }: Decoded<number>) => {
      for (const { picture } of pictures) {
        using own = picture;
        parts.push(own.pixels({ format: "rgb" }));
      }
    };
    for (const { packet } of packets(input)) collect(decoder.decode(packet, 0));
    collect(decoder.flush());
    const all = Uint8Array.from(parts.flatMap((part) => [...part.subarray(0, 20_000)]));
    digests.push([parts.length, new Uint8Array(await crypto.subtle.digest("SHA-256", all))]);
  }
  assert.deepEqual(digests[0], digests[1]);
});

/// <reference lib="deno.worker" />
import type { ModelSpec } from "../../../src/core/model.ts";
import { nowMs } from "../../../src/core/clock.ts";
import type { Placement } from "../../../src/vision/fit.ts";
import { readImageHeader } from "../../../streams/av/image_header.ts";
import { Preparer } from "../../../streams/av/preparer.ts";
import { StillDecoder } from "../../../streams/av/still_decoder.ts";
import { feedsOf } from "../../../models/feeds.ts";
import { openModel } from "../../../models/onnx.ts";
import { adapterNamed } from "../../../models/registry.ts";

/** What one straight line over pictures needs. */
export interface BareStillInit {
  picture: Uint8Array<ArrayBuffer>;
  spec: ModelSpec;
  /** On the clock of `nowMs()`; what is done between counts. */
  fromMs: number;
  toMs: number;
}

const TYPED = { float32: Float32Array, float16: Float16Array, uint8: Uint8Array };
const PIXELS = 50_000_000;
const LIMITS = { maxPixels: PIXELS, maxWidth: 16_384, maxHeight: 16_384 };

/** Decodes, prepares, runs and reads one picture again and again, without any framework; says how often it could. */
self.onmessage = async ({ data: { picture: bytes, spec, fromMs, toMs } }: MessageEvent<BareStillInit>) => {
  using decoder = new StillDecoder(PIXELS);
  using preparer = new Preparer(spec.input);
  const buffer = new ArrayBuffer(preparer.byteLength);
  const adapter = adapterNamed(spec.adapter);
  const model = await openModel(spec.file, { device: "cpu", threads: 1, deterministic: false });
  let done = 0;
  while (nowMs() < toMs) {
    const header = readImageHeader(bytes, LIMITS);
    using picture = decoder.picture({ bytes, header, orientation: header.orientation, released() {} });
    const placement = preparer.prepare(picture, buffer);
    const outputs = await model.run(
      feedsOf(spec, { data: new TYPED[spec.input.type](buffer), count: 1 }),
      spec.outputs,
    );
    adapter.read(outputs, 0, spec, placement as Placement);
    const now = nowMs();
    if (now >= fromMs && now < toMs) done++;
  }
  await model.close();
  self.postMessage(done);
};

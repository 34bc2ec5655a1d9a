/// <reference lib="deno.worker" />
import type { ModelSpec } from "../../src/core/model.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { Placement } from "../../src/vision/fit.ts";
import { Decoder } from "../../streams/av/decoder.ts";
import { type Input, openInput } from "../../streams/av/input.ts";
import type { AvPicture } from "../../streams/av/picture.ts";
import { Preparer } from "../../streams/av/preparer.ts";
import { feedsOf } from "../../models/feeds.ts";
import { type OnnxModel, openModel } from "../../models/onnx.ts";
import { adapterNamed } from "../../models/registry.ts";

/** What a bare worker does of the whole: everything, only the network over one and the same tensor, or only decoding. */
export type BarePart = "all" | "run" | "decode";

/** What a bare worker needs. */
export interface BareWorkerInit {
  clip: string;
  spec: ModelSpec;
  part: BarePart;
  /** Set to one when the worker is to stop. */
  stop: SharedArrayBuffer;
  /** First the number of completed frames, then the moment of each. */
  done: SharedArrayBuffer;
}

/** Milliseconds that each stage took in all. */
export interface BareStages {
  decodeMs: number;
  prepareMs: number;
  runMs: number;
  readMs: number;
  frames: number;
}

const TYPED = { float32: Float32Array, float16: Float16Array, uint8: Uint8Array };

/**
 * The straight line: what a program without any framework does with a clip on one core. It uses the product's own
 * primitives, so what the product takes longer is what its framework costs.
 */
class StraightLine {
  #stages: BareStages = { decodeMs: 0, prepareMs: 0, runMs: 0, readMs: 0, frames: 0 };
  #preparer: Preparer;
  #buffer: ArrayBuffer;
  #adapter;

  constructor(private init: BareWorkerInit, private input: Input, private model: OnnxModel | undefined) {
    this.#preparer = new Preparer(init.spec.input);
    this.#buffer = new ArrayBuffer(this.#preparer.byteLength);
    this.#adapter = adapterNamed(init.spec.adapter);
  }

  async warmUp(): Promise<void> {
    if (this.model) { for (let i = 0; i < 3; i++) await this.model.run(this.#feeds(), this.init.spec.outputs); }
  }

  async run(): Promise<BareStages> {
    const stop = new Int32Array(this.init.stop);
    const done = new Float64Array(this.init.done);
    const decoder = new Decoder<undefined>(this.input.video, { threads: 1, hardware: "none" });
    const complete = () => {
      const at = ++this.#stages.frames;
      if (at < done.length) done[at] = nowMs();
      done[0] = at;
      // Frames of a clip that is not timed any more are not worth having.
      return Atomics.load(stop, 0) === 0;
    };
    if (this.init.part === "run") {
      do await this.#infer(undefined); while (complete());
    } else {
      for (const picture of this.#pictures(decoder)) {
        using own = picture;
        if (this.init.part === "all") await this.#infer(own);
        if (!complete()) break;
      }
    }
    decoder[Symbol.dispose]();
    this.#preparer[Symbol.dispose]();
    return this.#stages;
  }

  *#pictures(decoder: Decoder<undefined>): Generator<AvPicture> {
    for (;;) {
      const packet = this.input.readPacketSync();
      const start = performance.now();
      const { pictures } = packet === "ended" ? decoder.flush() : decoder.decode(packet.packet, undefined);
      this.#stages.decodeMs += performance.now() - start;
      for (const { picture } of pictures) yield picture;
      if (packet === "ended") this.input.rewind();
    }
  }

  async #infer(picture: AvPicture | undefined): Promise<void> {
    const { spec } = this.init;
    const start = performance.now();
    const placement = picture && this.#preparer.prepare(picture, this.#buffer);
    const prepared = performance.now();
    const outputs = await this.model!.run(this.#feeds(), spec.outputs);
    const ran = performance.now();
    if (placement) this.#adapter.read(outputs, 0, spec, placement as Placement);
    this.#stages.prepareMs += prepared - start;
    this.#stages.runMs += ran - prepared;
    this.#stages.readMs += performance.now() - ran;
  }

  #feeds() {
    const { spec } = this.init;
    return feedsOf(spec, { data: new TYPED[spec.input.type](this.#buffer), count: 1 });
  }
}

self.onmessage = async ({ data: init }: MessageEvent<BareWorkerInit>) => {
  const input = await openInput({
    url: init.clip,
    openTimeoutMs: 10_000,
    readTimeoutMs: 10_000,
    protocolWhitelist: "file",
  }, new AbortController().signal);
  const model = init.part === "decode"
    ? undefined
    : await openModel(init.spec.file, { device: "cpu", threads: 1, deterministic: false });
  const line = new StraightLine(init, input, model);
  await line.warmUp();
  self.onmessage = async () => {
    const stages = await line.run();
    await model?.close();
    await input[Symbol.asyncDispose]();
    self.postMessage(stages);
  };
  self.postMessage("ready");
};

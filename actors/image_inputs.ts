import type { InputSpec } from "../src/core/model.ts";
import { Preparer } from "../streams/av/preparer.ts";
import { StillDecoder } from "../streams/av/still_decoder.ts";
import { DIRECT_PIXELS } from "./direct_limits.ts";
import { type PreparedStill, prepareStill } from "./prepared_still.ts";
import type { ImageMessage } from "./protocol.ts";

/** Makes a model's input of images right where it runs, one after the other in the same memory. */
export class ImageInputs implements Disposable {
  #decoder = new StillDecoder(DIRECT_PIXELS);
  #preparer: Preparer;
  #buffer: ArrayBuffer;

  constructor(input: InputSpec) {
    this.#preparer = new Preparer(input);
    this.#buffer = new ArrayBuffer(this.#preparer.byteLength);
  }

  /** The input for an image, good until the next one is made; throws when its bits give no picture. */
  make(image: ImageMessage): PreparedStill & { buffer: ArrayBuffer } {
    const buffer = this.#buffer;
    return { buffer, ...prepareStill(image, { decoder: this.#decoder, preparer: this.#preparer, buffer }) };
  }

  [Symbol.dispose](): void {
    this.#preparer[Symbol.dispose]();
    this.#decoder[Symbol.dispose]();
  }
}

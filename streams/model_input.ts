import type { Inferred, RunOverrides, Turn } from "../src/core/inference.ts";
import type { InputSpec } from "../src/core/model.ts";
import type { Picture } from "../src/core/frame.ts";
import { Preparer } from "./av/preparer.ts";
import { FramePool } from "./frame_pool.ts";

/**
 * The way of pictures into one model's input: a preparer that scales into pooled buffers, shared by all streams of a
 * thread, so a picture is scaled once for each input size and only when its turn has come.
 */
export class ModelInput implements Disposable {
  readonly pool: FramePool;
  #preparer: Preparer;

  constructor(spec: InputSpec, buffers: number) {
    this.#preparer = new Preparer(spec);
    this.pool = new FramePool(this.#preparer.byteLength, buffers);
  }

  /** Prepares the picture and runs it in its turn. */
  async run(picture: Picture, turn: Turn, overrides?: RunOverrides): Promise<Inferred> {
    const free = this.pool.take();
    const buffer = free instanceof Promise ? await free : free;
    let placement;
    try {
      placement = this.#preparer.prepare(picture, buffer);
    } catch (error) {
      this.pool.give(buffer);
      turn.pass();
      throw error;
    }
    return turn.run({ buffer, placement, overrides, home: this.pool });
  }

  [Symbol.dispose](): void {
    this.#preparer[Symbol.dispose]();
  }
}

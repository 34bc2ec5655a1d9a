import type { Picture } from "../../src/core/frame.ts";

/** A picture without pixels that knows whether it was let go, for tests that are not about pixels. */
export class FakePicture implements Picture {
  readonly width = 64;
  readonly height = 48;
  readonly decodeMs = 1;
  #held = 1;

  /** References still held. */
  get held(): number {
    return this.#held;
  }

  retain(): Picture {
    this.#held++;
    return this;
  }

  pixels(): Uint8Array {
    return new Uint8Array(this.width * this.height * 3);
  }

  [Symbol.dispose](): void {
    if (this.#held === 0) throw new Error("Cannot dispose a picture twice");
    this.#held--;
  }
}

import type { PreparedAndInferred, RunOverrides, Turn } from "../src/core/inference.ts";
import type { InputSpec } from "../src/core/model.ts";
import { FramePool } from "./frame_pool.ts";

const TYPED = { float32: Float32Array, float16: Float16Array } as const;

/** The way of feature vectors into one head's input, in pooled buffers, shared by all streams of a thread. */
export class VectorInput {
  readonly pool: FramePool;
  #typed: (typeof TYPED)[keyof typeof TYPED];

  constructor(private readonly spec: InputSpec, buffers: number) {
    if (spec.type === "uint8") throw new TypeError(`Cannot feed vectors into ${spec.name}: it takes bytes`);
    this.#typed = TYPED[spec.type];
    this.pool = new FramePool(spec.width * this.#typed.BYTES_PER_ELEMENT, buffers);
  }

  /** How many numbers a vector has. */
  get numbers(): number {
    return this.spec.width;
  }

  /** Runs a vector in its turn. */
  async run(vector: readonly number[], turn: Turn, overrides?: RunOverrides): Promise<PreparedAndInferred> {
    if (vector.length !== this.spec.width) {
      turn.pass();
      throw new RangeError(`The vector has ${vector.length} numbers, and the model takes ${this.spec.width}`);
    }
    const buffer = await this.pool.take();
    const beganMs = performance.now();
    new this.#typed(buffer).set(vector);
    const prepareMs = performance.now() - beganMs;
    return { ...await turn.run({ buffer, placement: undefined, overrides, home: this.pool }), prepareMs };
  }
}

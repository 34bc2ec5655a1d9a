import type { PreparedAndInferred, RunMemory, RunOverrides, Turn } from "../src/core/inference.ts";
import type { InputSpec } from "../src/core/model.ts";
import type { Picture } from "../src/core/frame.ts";
import type { Placement, Rect } from "../src/vision/fit.ts";
import { Preparer } from "./av/preparer.ts";
import { FramePool } from "./frame_pool.ts";

/** A picture in the form of the model's input. */
interface Prepared {
  buffer: ArrayBuffer;
  placement: Placement;
  prepareMs: number;
}

/** How a picture is run. */
export interface RunOptions {
  overrides?: RunOverrides;
  /** The part of the picture that is run; default all of it. */
  region?: Rect;
  /** Whose state the model goes on with. */
  memory?: RunMemory;
}

/** A turn that came within this was waited for by nobody: messages alone take so long. */
const IDLE_MS = 1.5;

/**
 * The way of pictures into one model's input: a preparer that scales into pooled buffers, shared by all streams of a
 * thread, so a picture is scaled once for each input size and only when its turn has come.
 */
export class ModelInput implements Disposable {
  readonly pool: FramePool;
  #preparer: Preparer;
  /** Crops come in sizes of their own, and must not drive out what is kept for whole pictures. */
  #cropper: Preparer;
  /** Replicas stand idle: the last turn came as fast as messages travel. */
  #idle = false;
  #ahead?: Prepared & { picture: Picture };

  constructor(spec: InputSpec, buffers: number) {
    this.#preparer = new Preparer(spec);
    this.#cropper = new Preparer(spec);
    this.pool = new FramePool(this.#preparer.byteLength, buffers);
  }

  /**
   * A turn for the picture is on its way. While replicas stand idle it is as good as granted, so the picture is prepared
   * meanwhile; should a newer one take its place, the work is lost and the buffer serves the next.
   */
  expect(picture: Picture): void {
    // Of many pictures that come at once only the first finds them idle; the others would be decoded to be outrun.
    if (this.#ahead) this.#idle = false;
    if (!this.#idle) return;
    const buffer = this.pool.takeFree();
    if (!buffer) return;
    try {
      this.#ahead = { picture, ...this.#fill(buffer, picture) };
    } catch {
      // Its run will meet the same fault, and tell.
      this.pool.give(buffer);
    }
  }

  /** Prepares the picture and runs it in its turn. */
  async run(
    picture: Picture,
    turn: Turn,
    { overrides, region, memory }: RunOptions = {},
  ): Promise<PreparedAndInferred> {
    this.#idle = turn.waitedMs < IDLE_MS;
    const ahead = region ? undefined : this.#takeAhead(picture);
    const { buffer, placement, prepareMs } = ahead ?? await this.#prepare(picture, turn, region);
    const inferred = await turn.run({ buffer, placement, overrides, memory, home: this.pool });
    return { ...inferred, prepareMs };
  }

  /** What was prepared ahead for the picture, or for whichever when none is named. */
  #takeAhead(picture?: Picture): Prepared | undefined {
    const ahead = this.#ahead;
    if (picture && ahead?.picture !== picture) return undefined;
    this.#ahead = undefined;
    return ahead;
  }

  async #prepare(picture: Picture, turn: Turn, region?: Rect): Promise<Prepared> {
    const buffer = this.pool.takeFree() ?? this.#takeAhead()?.buffer ?? await this.pool.take();
    try {
      return this.#fill(buffer, picture, region);
    } catch (error) {
      this.pool.give(buffer);
      turn.pass();
      throw error;
    }
  }

  /** A picture that is only decoded now takes its own account of that. */
  #fill(buffer: ArrayBuffer, picture: Picture, region?: Rect): Prepared {
    const start = performance.now() - picture.decodeMs;
    const placement = (region ? this.#cropper : this.#preparer).prepare(picture, buffer, region);
    return { buffer, placement, prepareMs: performance.now() - picture.decodeMs - start };
  }

  [Symbol.dispose](): void {
    this.#preparer[Symbol.dispose]();
    this.#cropper[Symbol.dispose]();
  }
}

import type { RunMemory } from "../src/core/inference.ts";
import type { StateSpec } from "../src/core/model.ts";
import { elementCount, type Feed, letGo, type Tensor } from "../models/tensors.ts";

/** What was handed on at the end of one run. */
interface Kept extends RunMemory {
  tensors: Record<string, Tensor>;
}

const TYPED = { float32: Float32Array, float16: Float16Array };
/** So much memory may lie here for one model, and never for more than so many that are followed. */
const BYTES_MAX = 256 * 1024 * 1024, KEPT_MAX = 1024;
/** The time between two frames where there is none before, or too long ago to tell the network. */
const FRAME_S = 1 / 30, PAUSE_S = 10;

/**
 * What a network hands itself from frame to frame, for everything that it follows: each stream, or each track in it. It
 * begins with zeros, and begins anew with a new epoch; a frame that was not run leaves it as it is.
 */
export class ModelStates {
  /** The least lately used first. */
  #kept = new Map<string, Kept>();
  #zeros: Record<string, Feed>;
  #most: number;
  /** How many had to go because there were too many. */
  dropped = 0;

  constructor(private readonly spec: StateSpec, bytesMax = BYTES_MAX) {
    const { carried } = spec;
    this.#zeros = Object.fromEntries(
      carried.map(({ input, type, dims }) => [input, { type, dims, data: new TYPED[type](elementCount(dims)) }]),
    );
    const bytes = carried.reduce((sum, { type, dims }) => sum + elementCount(dims) * TYPED[type].BYTES_PER_ELEMENT, 0);
    this.#most = Math.max(1, Math.min(KEPT_MAX, Math.floor(bytesMax / bytes)));
  }

  /** The outputs to ask for besides the answer. */
  get outputs(): string[] {
    return this.spec.carried.map(({ output }) => output);
  }

  /** How many are followed. */
  get held(): number {
    return this.#kept.size;
  }

  /** What the network is fed besides the picture; without a memory it is a picture of its own. */
  feeds(memory?: RunMemory): Record<string, Feed> {
    const { carried, elapsed } = this.spec;
    const before = memory && this.#before(memory);
    const feeds: Record<string, Feed> = { ...this.#zeros };
    for (const { input, output } of before ? carried : []) {
      const { type, dims, data } = before!.tensors[output];
      feeds[input] = { type, dims, data };
    }
    if (elapsed) {
      const seconds = before ? (memory.ptsUs - before.ptsUs) / 1e6 : 0;
      const known = seconds > 0 && seconds <= PAUSE_S;
      feeds[elapsed.input] = { type: "float32", dims: elapsed.dims, data: Float32Array.of(known ? seconds : FRAME_S) };
    }
    return feeds;
  }

  /** Takes what a run has handed on out of its outputs. */
  keep(outputs: Record<string, Tensor>, memory?: RunMemory): void {
    const tensors: Record<string, Tensor> = {};
    for (const { output } of this.spec.carried) {
      tensors[output] = outputs[output];
      delete outputs[output];
    }
    if (!memory) return letGo(tensors);
    const key = keyOf(memory);
    const before = this.#kept.get(key);
    if (before) letGo(before.tensors);
    this.#kept.delete(key);
    this.#kept.set(key, { ...memory, tensors });
    if (this.#kept.size <= this.#most) return;
    const [[oldest, { tensors: lost }]] = this.#kept;
    this.#kept.delete(oldest);
    letGo(lost);
    this.dropped++;
  }

  /** A stream is gone, and with it everything that was followed in it. */
  forget(stream: string): void {
    for (const [key, kept] of this.#kept) {
      if (kept.stream !== stream) continue;
      this.#kept.delete(key);
      letGo(kept.tensors);
    }
  }

  #before(memory: RunMemory): Kept | undefined {
    const kept = this.#kept.get(keyOf(memory));
    return kept?.epoch === memory.epoch ? kept : undefined;
  }
}

function keyOf({ stream, of }: RunMemory): string {
  return `${stream} ${of}`;
}

import { nowMs } from "../src/core/clock.ts";
import type { RunOverrides, Turn, Turns } from "../src/core/inference.ts";
import { framesUnderWay } from "../src/core/memory_bound.ts";
import type { InputSpec } from "../src/core/model.ts";
import type { ModelOutput, Timings } from "../src/core/results.ts";
import { ImageError, type ImageErrorCode } from "../streams/av/image_error.ts";
import { type ImageHeader, type ImageLimits, readImageHeader } from "../streams/av/image_header.ts";
import { UndecodableError } from "../streams/av/picture.ts";
import { Preparer } from "../streams/av/preparer.ts";
import { StillDecoder } from "../streams/av/still_decoder.ts";
import { FairBuffers } from "./fair_buffers.ts";
import { type PreparedStill, prepareStill } from "./prepared_still.ts";
import type { ModelSetup } from "./protocol.ts";
import { stillStream, stillTimings } from "./still_timings.ts";

/** One image to be run through a model. */
export interface StillQuestion {
  image: Uint8Array<ArrayBuffer>;
  limits: ImageLimits;
  /** No more of it than is needed here: it is sent with every image. */
  setup: StillSetup;
  overrides?: RunOverrides | undefined;
  /** Whose image it is: callers take turns. */
  caller: string;
  /** Both on the clock of `nowMs()`. */
  receivedAtMs: number;
  deadlineMs: number;
}

/** What a thread must know of the model that an image is for. */
export interface StillSetup extends Pick<ModelSetup, "key" | "replicas" | "maxBatch"> {
  input: InputSpec;
}

/** What became of it. */
export type StillAnswer =
  | { frame: { width: number; height: number }; output: ModelOutput; timings: Timings }
  /** It is no image that can be used. */
  | { refused: { code: ImageErrorCode | "undecodable"; message: string } }
  /** Its turn came, after so long, when there was no time left for a run, which takes so long. */
  | { late: true; waitedMs: number; expectedMs: number };

interface Room {
  preparer: Preparer;
  pool: FairBuffers;
}

/**
 * Single images on their way through the models that streams use, in the same queues. No newer one takes an image's
 * place, so it is decoded and prepared before it asks for its turn, and its picture is gone before the next is decoded.
 * Their buffers are their own: one that waits for its turn must hold back no camera that has it.
 */
export class Stills implements Disposable {
  #rooms = new Map<string, Room>();
  #decoders = new Map<number, StillDecoder>();

  constructor(private readonly turns: Turns) {}

  /** Runs an image; rejects when the model cannot run or the asker gives up. */
  async run(question: StillQuestion, signal: AbortSignal): Promise<StillAnswer> {
    const { setup, overrides, caller, receivedAtMs, deadlineMs } = question;
    let header: ImageHeader;
    try {
      header = readImageHeader(question.image, question.limits);
    } catch (error) {
      if (error instanceof ImageError) return { refused: { code: error.code, message: error.message } };
      throw error;
    }
    const { pool, preparer } = this.#room(setup);
    const buffer = await pool.take(caller, signal);
    let prepared: PreparedStill;
    let turn: Turn;
    try {
      const { image: bytes, limits } = question;
      prepared = prepareStill({ bytes, header }, { decoder: this.#decoder(limits.maxPixels), preparer, buffer });
      const request = { stream: stillStream(caller), deadlineMs, weight: 1, late: false };
      turn = await this.turns.request(setup.key, request, signal);
    } catch (error) {
      pool.give(buffer);
      if (error instanceof UndecodableError) return { refused: { code: "undecodable", message: error.message } };
      throw error;
    }
    if (nowMs() + turn.expectedMs > deadlineMs) {
      turn.pass();
      pool.give(buffer);
      return { late: true, waitedMs: turn.waitedMs, expectedMs: turn.expectedMs };
    }
    const { frame, placement, decodeMs, prepareMs } = prepared;
    const { output, startedAtMs, inferMs } = await turn.run({ buffer, placement, overrides, home: pool });
    const timings = stillTimings({ receivedAtMs, decodeMs, prepareMs, startedAtMs, inferMs });
    return { frame, output, timings };
  }

  /** A model is unloaded; what was kept for its input goes. */
  forget(key: string): void {
    this.#rooms.get(key)?.preparer[Symbol.dispose]();
    this.#rooms.delete(key);
  }

  [Symbol.dispose](): void {
    for (const key of [...this.#rooms.keys()]) this.forget(key);
    for (const decoder of this.#decoders.values()) decoder[Symbol.dispose]();
    this.#decoders.clear();
  }

  #room({ key, input, replicas, maxBatch }: StillSetup): Room {
    let room = this.#rooms.get(key);
    if (!room) {
      const preparer = new Preparer(input);
      room = { preparer, pool: new FairBuffers(preparer.byteLength, framesUnderWay(replicas, maxBatch)) };
      this.#rooms.set(key, room);
    }
    return room;
  }

  #decoder(maxPixels: number): StillDecoder {
    let decoder = this.#decoders.get(maxPixels);
    if (!decoder) this.#decoders.set(maxPixels, decoder = new StillDecoder(maxPixels));
    return decoder;
  }
}

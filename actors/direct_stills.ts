import { nowMs } from "../src/core/clock.ts";
import { ImageError } from "../streams/av/image_error.ts";
import { type ImageHeader, readImageHeader } from "../streams/av/image_header.ts";
import type { AskOptions } from "./actor.ts";
import { Asks } from "./asks.ts";
import { DIRECT_BYTES, DIRECT_PIXELS } from "./direct_limits.ts";
import { stillStream, stillTimings } from "./still_timings.ts";
import type { StillAnswer, StillQuestion } from "./stills.ts";
import type { TurnClient } from "./turn_client.ts";

/** Where such images go. */
export interface DirectWays {
  readonly turns: Pick<TurnClient, "request">;
  /** Whether a model's replicas decode images themselves. */
  takesImages(model: string): boolean;
}

/** Images that may be under way at once. */
const CAPACITY = 1024;

/**
 * Single images that go to a model's replica as they came, past the threads of streams: small ones, where the replica
 * decodes them itself. They wait for their turn in the same queue as all others.
 */
export class DirectStills {
  #asks: Asks;
  #waiting = new Map<number, AbortController>();

  constructor(private readonly ways: DirectWays) {
    this.#asks = new Asks("a model's replicas", CAPACITY, (id) => this.#waiting.get(id)?.abort());
  }

  /** Runs an image, as an actor would that is asked; undefined where it is none that goes this way. */
  run(question: StillQuestion, options: AskOptions): Promise<StillAnswer> | undefined {
    const { image, limits, setup } = question;
    if (image.length > DIRECT_BYTES || !this.ways.takesImages(setup.key)) return undefined;
    let header: ImageHeader;
    try {
      header = readImageHeader(image, limits);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return Promise.resolve({ refused: { code: error.code, message: error.message } });
    }
    if (header.width * header.height > DIRECT_PIXELS) return undefined;
    return this.#asks.open<StillAnswer>(options, (id) => void this.#settle(id, question, header));
  }

  async #settle(id: number, question: StillQuestion, header: ImageHeader): Promise<void> {
    const controller = new AbortController();
    this.#waiting.set(id, controller);
    try {
      this.#asks.resolve(id, await this.#answer(question, header, controller.signal));
    } catch (error) {
      this.#asks.reject(id, error);
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #answer(
    { image, setup, overrides, caller, receivedAtMs, deadlineMs }: StillQuestion,
    header: ImageHeader,
    signal: AbortSignal,
  ): Promise<StillAnswer> {
    const request = { stream: stillStream(caller), deadlineMs, weight: 1, late: false };
    const turn = await this.ways.turns.request(setup.key, request, signal);
    const { expectedMs, waitedMs } = turn;
    if (nowMs() + expectedMs > deadlineMs) {
      turn.pass();
      return { late: true, waitedMs, expectedMs };
    }
    const answer = await turn.runImage({ bytes: image, header, overrides });
    if ("error" in answer) {
      if (answer.undecodable) return { refused: { code: "undecodable", message: answer.error } };
      throw new Error(answer.error);
    }
    const { output, startedAtMs, inferMs, image: { width, height, decodeMs, prepareMs } } = answer;
    const timings = stillTimings({ receivedAtMs, decodeMs, prepareMs, startedAtMs, inferMs });
    return { frame: { width, height }, output, timings };
  }
}

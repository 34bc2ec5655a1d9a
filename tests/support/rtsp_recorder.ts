import assert from "node:assert/strict";
import { nowMs } from "../../src/core/clock.ts";
import type { FrameInfo, Picture } from "../../src/core/frame.ts";
import {
  type Admission,
  type Arrival,
  type Source,
  type SourceEnd,
  SourceError,
  type SourceProperties,
  type SourceSink,
} from "../../src/core/source.ts";
import { readIndex } from "./clips.ts";

/** What is looked at in each picture, and when to stop. */
export interface RecorderOptions {
  /** The run is aborted after so many pictures. */
  pictures?: number;
  /** Reads the number out of each picture: that of clips, or one of its own kind. */
  indexes?: boolean | ((picture: Picture) => number);
}

/** A sink that takes everything, writes it down, and lets every picture go at once. */
export class RtspRecorder implements SourceSink {
  readonly opens: SourceProperties[] = [];
  readonly arrivals: Arrival[] = [];
  readonly indexes: number[] = [];
  readonly sizes: string[] = [];
  readonly decodedAtMs: number[] = [];
  readonly lostReasons: string[] = [];
  #open = new Set<number>();
  #stop = new AbortController();
  #waiting: { pictures: number; resolve: () => void }[] = [];

  constructor(private readonly options: RecorderOptions = {}) {}

  opened(properties: SourceProperties): void {
    this.opens.push(properties);
  }

  arrived(arrival: Arrival): Admission {
    const seq = this.arrivals.push(arrival);
    this.#open.add(seq);
    const { ptsUs, arrivedAtMs, capturedAtMs } = arrival;
    return { info: { stream: "s", epoch: 1, seq, ptsUs, arrivedAtMs, capturedAtMs }, decode: true };
  }

  decoded(info: FrameInfo, picture: Picture): void {
    using held = picture;
    this.#settle(info);
    this.sizes.push(`${held.width}x${held.height}`);
    const { indexes } = this.options;
    if (indexes) this.indexes.push(indexes === true ? readIndex(held) : indexes(held));
    this.decodedAtMs.push(nowMs());
    if (this.decodedAtMs.length >= (this.options.pictures ?? Infinity)) this.#stop.abort();
    this.#waiting = this.#waiting.filter(({ pictures, resolve }) => {
      if (this.decodedAtMs.length < pictures) return true;
      resolve();
      return false;
    });
  }

  lost(info: FrameInfo, _cause: string, reason = ""): void {
    this.#settle(info);
    this.lostReasons.push(reason);
  }

  /** Pictures so far. */
  get pictures(): number {
    return this.decodedAtMs.length;
  }

  /** Waits for so many pictures in all. */
  until(pictures: number): Promise<void> {
    if (this.pictures >= pictures) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ pictures, resolve }));
  }

  /** Runs a source into this sink and answers how it ended; checks that nothing is unaccounted for. */
  async run(source: Source, signal: AbortSignal = new AbortController().signal): Promise<SourceEnd | SourceError> {
    const abort = () => this.#stop.abort();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await source.run(this, this.#stop.signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return error;
    } finally {
      signal.removeEventListener("abort", abort);
      for (const { resolve } of this.#waiting) resolve();
      assert.deepEqual([...this.#open], [], "every frame that arrived is decoded or lost");
    }
  }

  /** The longest time between two pictures, milliseconds. */
  get largestGapMs(): number {
    const at = this.decodedAtMs;
    return at.reduce((largest, time, index) => index === 0 ? 0 : Math.max(largest, time - at[index - 1]), 0);
  }

  #settle(info: FrameInfo): void {
    assert.ok(this.#open.delete(info.seq), `frame ${info.seq} is settled once`);
  }
}

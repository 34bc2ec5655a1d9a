import { nowMs } from "../src/core/clock.ts";
import { RecentValues } from "../src/core/distribution.ts";
import type { DropCause } from "../src/core/drops.ts";
import { Rate } from "../src/core/rate.ts";
import type { ResultEnvelope, Timings } from "../src/core/results.ts";
import type { Distribution, StreamStatus } from "../src/core/stream.ts";

/** What a stream's status says in numbers besides its account of frames. */
export type StreamFiguresReading = Pick<StreamStatus, "fpsIn" | "fpsOut" | "age" | "timings" | "fault">;

const TIMINGS = ["decodeMs", "queueMs", "prepareMs", "inferMs", "postMs"] as const satisfies (keyof Timings)[];

/** How fast a stream runs, how old its results come out, where their time goes, and what last went wrong. */
export class StreamFigures {
  #in = new Rate(nowMs);
  #out = new Rate(nowMs);
  #age = new RecentValues();
  #timings = TIMINGS.map((name) => [name, new RecentValues()] as const);
  #fault?: StreamStatus["fault"];

  /** A frame came. */
  arrived(): void {
    this.#in.push();
  }

  /** A result went out. */
  published({ ageMs, timings }: ResultEnvelope): void {
    this.#out.push();
    this.#age.push(ageMs!);
    for (const [name, values] of this.#timings) values.push(timings![name]);
  }

  /** Something cost a frame. */
  blame(cause: DropCause, reason: unknown): void {
    const message = reason instanceof Error ? reason.message : String(reason ?? cause);
    this.#fault = { cause, message, atMs: nowMs(), count: (this.#fault?.count ?? 0) + 1 };
  }

  /** The figures as they stand. */
  read(): StreamFiguresReading {
    const timings = this.#timings.map(([name, values]) => [name, values.read()]);
    return {
      fpsIn: this.#in.read(),
      fpsOut: this.#out.read(),
      age: this.#age.read(),
      timings: Object.fromEntries(timings) as Record<keyof Timings, Distribution>,
      ...(this.#fault && { fault: this.#fault }),
    };
  }
}

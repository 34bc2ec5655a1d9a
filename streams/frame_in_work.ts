import type { RaisedAlert } from "../src/core/analyzer.ts";
import type { DropCause } from "../src/core/drops.ts";
import { nowMs } from "../src/core/clock.ts";
import type { FrameInfo, Picture } from "../src/core/frame.ts";
import type { Ledger } from "../src/core/ledger.ts";
import type { AnalyzerOutput, ModelOutput } from "../src/core/results.ts";
import type { Credits } from "./credits.ts";

/**
 * One decoded frame on its way through a pipeline. It owns its picture and its account: whichever way it ends, both
 * are closed exactly once, here.
 */
export class FrameInWork {
  readonly decodedAtMs = nowMs();
  outputs: Record<string, ModelOutput | AnalyzerOutput> = {};
  /** What its analyzers tell people of, each with the step's name. */
  alerts: (RaisedAlert & { alert: string })[] = [];
  /** When the first model's run began; undefined while none has. */
  inferredFromMs?: number;
  /** Preparing for the first model, which is over when its run begins. */
  firstPrepareMs?: number;
  prepareMs = 0;
  inferMs = 0;
  /** Where the place in a pipeline of several models is given back. */
  passage?: Credits;
  #open = true;

  constructor(
    readonly info: FrameInfo,
    readonly picture: Picture,
    private readonly ledger: Ledger,
    /** Answers are remembered within it; in none where it is null. A stream is one session. */
    readonly session: string | null = "",
  ) {}

  /** The frame's result is published. */
  complete(): void {
    if (this.#close()) this.ledger.complete(this.info.seq);
  }

  /** The frame gives no result. */
  drop(cause: DropCause): void {
    if (this.#close()) this.ledger.drop(this.info.seq, cause);
  }

  /** Still on its way. */
  get open(): boolean {
    return this.#open;
  }

  #close(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    // One that nobody looked at was never decoded where its source could wait with that.
    if (this.picture.decodeMs > 0) this.ledger.decode();
    this.picture[Symbol.dispose]();
    this.passage?.give();
    return true;
  }
}

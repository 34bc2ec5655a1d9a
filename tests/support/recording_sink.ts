import { Ledger } from "../../src/core/ledger.ts";
import type { FrameInfo, Picture } from "../../src/core/frame.ts";
import type { Admission, Arrival, SourceProperties, SourceSink } from "../../src/core/source.ts";
import { readIndex } from "./clips.ts";

/** A decoded frame as a {@link RecordingSink} saw it. */
export interface SeenFrame {
  info: FrameInfo;
  /** The number painted into the picture. */
  index: number;
  width: number;
  height: number;
}

/** What a test may steer of a {@link RecordingSink}. */
export interface RecordingSinkOptions {
  /** Whether a frame is to be decoded; default every one. */
  admit?(arrival: Arrival, seq: number): boolean;
  /** Called for each decoded frame; a promise holds the source back. */
  onDecoded?(info: FrameInfo, picture: Picture): Promise<void> | void;
  /** Leaves pictures alone, for streams without numbers in them. */
  blind?: boolean;
}

/** A sink that keeps account of everything and checks the contract of sources. */
export class RecordingSink implements SourceSink {
  readonly ledger = new Ledger();
  readonly opens: SourceProperties[] = [];
  readonly arrivals: Arrival[] = [];
  readonly frames: SeenFrame[] = [];
  readonly losses: { info: FrameInfo; cause: string; reason?: string }[] = [];

  constructor(private readonly options: RecordingSinkOptions = {}) {}

  opened(properties: SourceProperties): void {
    this.opens.push(properties);
  }

  arrived(arrival: Arrival): Admission {
    if (this.opens.length === 0) throw new Error("A frame arrived before the source was open");
    const seq = this.arrivals.push(arrival) - 1;
    const { ptsUs, arrivedAtMs } = arrival;
    this.ledger.receive(seq);
    const decode = this.options.admit?.(arrival, seq) ?? true;
    if (!decode) this.ledger.drop(seq, "skipped");
    return { info: { stream: "test", epoch: 1, seq, ptsUs, arrivedAtMs }, decode };
  }

  decoded(info: FrameInfo, picture: Picture): Promise<void> | void {
    this.ledger.complete(info.seq);
    const { width, height } = picture;
    try {
      this.frames.push({ info, index: this.options.blind ? -1 : readIndex(picture), width, height });
      return this.options.onDecoded?.(info, picture);
    } finally {
      picture[Symbol.dispose]();
    }
  }

  lost(info: FrameInfo, cause: "undecodable" | "stopped", reason?: string): void {
    this.ledger.drop(info.seq, cause);
    this.losses.push({ info, cause, ...(reason !== undefined && { reason }) });
  }
}

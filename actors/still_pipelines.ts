import { nowMs } from "../src/core/clock.ts";
import type { Turns } from "../src/core/inference.ts";
import { Ledger } from "../src/core/ledger.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import type { CascadeFigures, PipelineStep } from "../src/core/stream.ts";
import { Observable } from "rxjs/internal/Observable";
import { ImageError } from "../streams/av/image_error.ts";
import { type ImageLimits, readImageHeader } from "../streams/av/image_header.ts";
import { UndecodableError } from "../streams/av/picture.ts";
import { StillDecoder } from "../streams/av/still_decoder.ts";
import { cascadeFigures } from "../streams/cascade_figures.ts";
import { Credits } from "../streams/credits.ts";
import { FrameInWork } from "../streams/frame_in_work.ts";
import { pipeline, type Step } from "../streams/pipeline.ts";
import type { SharedAnswers } from "../streams/shared_answers.ts";
import type { ModelSetup } from "./protocol.ts";
import type { Steps } from "./steps.ts";
import type { StillAnswer } from "./stills.ts";

/** One image to be run through several models, each on what another found. */
export interface StillPipelineQuestion {
  image: Uint8Array<ArrayBuffer>;
  limits: ImageLimits;
  /** What the pipeline is called; its steps remember answers under that name. */
  name: string;
  pipeline: readonly PipelineStep[];
  /** Of its models, in their order. */
  setups: readonly ModelSetup[];
  /** Whose image it is: callers take turns. */
  caller: string;
  /** Answers are remembered within it; without one, none is. */
  session?: string;
  /** Both on the clock of `nowMs()`. */
  receivedAtMs: number;
  deadlineMs: number;
}

/** What became of it. */
export type StillPipelineAnswer =
  | {
    result: ResultEnvelope;
    /** What the pipeline's steps have done in this thread so far. */
    cascades: Record<string, CascadeFigures>;
  }
  | Extract<StillAnswer, { refused: unknown } | { late: true }>;

/** Pictures of images that are held decoded at once; others wait as they came. */
const PICTURES = 2;
const STREAM = "~predict";
const EPOCH = 1;

/** Single images on the way that frames of streams take: through the same pipeline, as a stream of one frame. */
export class StillPipelines implements Disposable {
  /** By name, as long as their models are the same. */
  #made = new Map<string, { scope: string; steps: Step[] }>();
  #decoders = new Map<number, StillDecoder>();
  #pictures = new Credits(PICTURES);
  #seq = 0;

  constructor(
    private readonly turns: Turns,
    private readonly steps: Steps,
    private readonly answers?: SharedAnswers,
  ) {}

  /** Runs an image; rejects when a model cannot run or the asker gives up. */
  async run(question: StillPipelineQuestion, signal: AbortSignal): Promise<StillPipelineAnswer> {
    const { image, limits } = question;
    try {
      const header = readImageHeader(image, limits);
      for (let room = this.#pictures.room(); room; room = this.#pictures.room()) await room;
      signal.throwIfAborted();
      this.#pictures.take();
      try {
        const { orientation } = header;
        const decoder = this.#decoder(limits.maxPixels);
        const picture = decoder.picture({ bytes: image, header, orientation, released() {} });
        const ledger = new Ledger();
        const seq = ++this.#seq;
        ledger.receive(seq);
        const { receivedAtMs: arrivedAtMs, session } = question;
        // Time goes on from one image of a session to the next.
        const info = { stream: STREAM, epoch: EPOCH, seq, ptsUs: Math.round(arrivedAtMs * 1000), arrivedAtMs };
        return await this.#result(new FrameInWork(info, picture, ledger, session ?? null), question, signal);
      } finally {
        this.#pictures.give();
      }
    } catch (error) {
      if (error instanceof ImageError) return { refused: { code: error.code, message: error.message } };
      if (error instanceof UndecodableError) return { refused: { code: "undecodable", message: error.message } };
      throw error;
    }
  }

  /** A model is unloaded; steps that ran it are not run again. */
  forget(key: string): void {
    for (const [name, { steps }] of this.#made) {
      if (steps.some((step) => "model" in step && step.model === key)) this.#made.delete(name);
    }
  }

  [Symbol.dispose](): void {
    for (const decoder of this.#decoders.values()) decoder[Symbol.dispose]();
    this.#decoders.clear();
    this.#made.clear();
  }

  #result(frame: FrameInWork, question: StillPipelineQuestion, signal: AbortSignal): Promise<StillPipelineAnswer> {
    const { caller, receivedAtMs, deadlineMs } = question;
    const steps = this.#stepsOf(question);
    return new Promise((resolve, reject) => {
      const frames$ = new Observable<FrameInWork>((subscriber) => {
        subscriber.next(frame);
        subscriber.complete();
      });
      const flow = pipeline(frames$, {
        stream: `${STREAM}:${caller}`,
        policy: { mode: "block", weight: 1, capacity: 1, maxAgeMs: deadlineMs - receivedAtMs },
        steps,
        turns: this.turns,
        epoch: EPOCH,
        answers: this.answers,
        onDrop(frame, cause, reason) {
          frame.drop(cause);
          if (cause === "stale") resolve({ late: true, waitedMs: nowMs() - receivedAtMs, expectedMs: 0 });
          else reject(reason ?? new Error(`The image was dropped: ${cause}`));
        },
      }).subscribe({ next: (result) => resolve({ result, cascades: cascadeFigures(steps) }), error: reject });
      const stop = () => {
        reject(signal.reason);
        flow.unsubscribe();
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  }

  #stepsOf({ name, pipeline, setups }: StillPipelineQuestion): Step[] {
    const scope = JSON.stringify([pipeline, setups.map(({ key }) => key)]);
    const made = this.#made.get(name);
    if (made?.scope === scope) return made.steps;
    // No image is the nth of anything.
    const always = pipeline.map((step) => "model" in step ? { ...step, everyNth: 1 } : step);
    const steps = this.steps.make(always, setups);
    this.#made.set(name, { scope, steps });
    return steps;
  }

  #decoder(maxPixels: number): StillDecoder {
    let decoder = this.#decoders.get(maxPixels);
    if (!decoder) this.#decoders.set(maxPixels, decoder = new StillDecoder(maxPixels));
    return decoder;
  }
}

import { nowMs } from "../src/core/clock.ts";
import { RecentValues } from "../src/core/distribution.ts";
import type { ModelOutput } from "../src/core/results.ts";
import { dropCauseOf } from "../src/core/drops.ts";
import type { PreparedStill } from "./prepared_still.ts";
import type { AnswerMessage, AskMessage, FrameMessage, ImageMessage } from "./protocol.ts";

/** What the model runs on: one picture in the form of its input, and what its run goes by. */
export type RunInput = Pick<Extract<FrameMessage, { type: "frame" }>, "buffer" | "placement" | "overrides" | "memory">;

/** One frame of a batch with the port its answer goes to. */
interface Item {
  frame: Extract<FrameMessage, { type: "frame" }> | ImageMessage;
  port: MessagePort;
}

/** Runs frames through a model; answers one output or error for each, in order. */
export type RunBatch = (frames: RunInput[]) => Promise<{
  startedAtMs: number;
  inferMs: number;
  answers: ({ output: ModelOutput; readMs: number } | { error: string })[];
}>;

/** Decodes and prepares; the buffer is good until the next one is made. */
export type MakeInput = (image: ImageMessage) => Promise<PreparedStill & { buffer: ArrayBuffer }>;

/** How a {@link Replica} works. */
export interface ReplicaOptions {
  dispatcher: MessagePort;
  maxBatch: number;
  maxDelayMs: number;
  run: RunBatch;
  /** Makes the model's input of an image that comes as it is; without it, none can. */
  makeInput?: MakeInput | undefined;
  /** A stream is gone. */
  forget?(stream: string): void;
}

/** Weight of the newest measurement in a moving average. */
const FRESH = 0.2;
/** A frame is called for this much earlier than it takes on average, so that most are there in time. */
const LEAD_MARGIN = 1.5;
const LEAD_SLACK_MS = 1;
const LEAD_MAX_MS = 50;
/** So much work may lie ready: of a small model more than one frame, or the way to the dispatcher costs more than it. */
const READY_MS = 4;
/** The same of frames that nobody waits for, while nobody else is there who would have to wait behind them. */
const PATIENT_READY_MS = 50;
const READY_MAX = 3;
/** Runs whose times are remembered. */
const RECENT = 512;

/**
 * One running copy of a model. It asks the dispatcher for the next frame when a run begins, naming the moment it will
 * be free, so the frame is chosen as late as possible and still lies ready when the run ends.
 */
export class Replica implements Disposable {
  #ports = new Map<number, MessagePort>();
  #gathering = new Map<number, { items: Item[]; heard: number }>();
  #ready: Item[][] = [];
  #batch = 0;
  /** Batches up to this one may lack frames whose stream worker is gone; they wait for nothing. */
  #broken = 0;
  #asked = false;
  #running = false;
  #runMs = 0;
  #leadMs = 2;
  #times = new RecentValues(RECENT);
  #dispatcher: MessagePort;

  constructor(private readonly options: ReplicaOptions) {
    this.#dispatcher = options.dispatcher;
    this.#dispatcher.onmessage = () => this.#anew();
  }

  /** Frames run, runs, and failed frames so far. */
  readonly counts = { runs: 0, frames: 0, failures: 0 };

  /** What the latest runs took, milliseconds, in no order. */
  get recentMs(): Float64Array {
    return this.#times.held;
  }

  /** Begins to take frames. */
  start(): void {
    this.#ask(0);
  }

  /** Another dispatcher has taken the place of one that died; it knows of no ask. */
  setDispatcher(port: MessagePort): void {
    this.#dispatcher.close();
    this.#dispatcher = port;
    port.onmessage = () => this.#anew();
    this.#anew();
  }

  /** A stream worker can send frames through this port. */
  addStreams(worker: number, port: MessagePort): void {
    this.#ports.set(worker, port);
    port.onmessage = ({ data }: MessageEvent<FrameMessage>) => this.#hear(data, port);
  }

  /** A stream worker is gone, and with it the way to it. */
  removeStreams(worker: number): void {
    this.#ports.get(worker)?.close();
    this.#ports.delete(worker);
  }

  [Symbol.dispose](): void {
    for (const port of this.#ports.values()) port.close();
    this.#dispatcher.close();
  }

  /** What was granted may never come: batches that are short of it run as they are, and the ask is made again. */
  #anew(): void {
    this.#broken = this.#batch;
    for (const { items } of this.#gathering.values()) {
      if (items.length > 0) this.#ready.push(items);
    }
    this.#gathering.clear();
    this.#ask(0);
    void this.#pump();
  }

  #ask(freeInMs: number): void {
    this.#asked = true;
    this.#dispatcher.postMessage(
      {
        batch: ++this.#batch,
        room: this.#room(READY_MS),
        patientRoom: this.#room(PATIENT_READY_MS),
        freeInMs,
        leadMs: Math.min(LEAD_MAX_MS, this.#leadMs * LEAD_MARGIN + LEAD_SLACK_MS),
        expectedMs: this.#runMs,
        maxDelayMs: this.options.maxDelayMs,
        single: this.options.maxBatch === 1,
      } satisfies AskMessage,
    );
  }

  #room(readyMs: number): number {
    const { maxBatch } = this.options;
    if (maxBatch > 1 || this.#runMs === 0) return maxBatch;
    return Math.min(READY_MAX, Math.max(1, Math.floor(readyMs / this.#runMs)));
  }

  #hear(message: FrameMessage, port: MessagePort): void {
    if (message.type === "forget") return this.options.forget?.(message.stream);
    const broken = message.batch <= this.#broken;
    const gathered = this.#gathering.get(message.batch) ?? { items: [], heard: 0 };
    gathered.heard++;
    if (message.type !== "pass") {
      this.#leadMs += FRESH * (message.leadMs - this.#leadMs);
      // Frames that run one by one need not wait for those granted with them.
      if (this.options.maxBatch === 1 || broken) this.#ready.push([{ frame: message, port }]);
      else gathered.items.push({ frame: message, port });
    }
    if (broken || gathered.heard === message.of) {
      this.#gathering.delete(message.batch);
      if (message.batch === this.#batch) this.#asked = false;
      if (gathered.items.length > 0) this.#ready.push(gathered.items);
    } else this.#gathering.set(message.batch, gathered);
    if (!this.#asked && !this.#running && this.#ready.length === 0) this.#ask(0);
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let items = this.#ready.shift(); items; items = this.#ready.shift()) {
      if (!this.#asked && this.#ready.length <= READY_MAX / 2) this.#ask(this.#runMs * (1 + this.#ready.length));
      await this.#run(items);
    }
    this.#running = false;
    // Its last ask was passed on while it ran.
    if (!this.#asked) this.#ask(0);
  }

  async #run(items: Item[]): Promise<void> {
    const beganMs = nowMs();
    const answers = items[0].frame.type === "image"
      ? [await this.#runImage(items[0].frame)]
      : await this.#runFrames(items.map(({ frame }) => frame as Exclude<Item["frame"], ImageMessage>));
    this.counts.runs++;
    items.forEach(({ port }, index) => {
      const answer = answers[index];
      this.counts.frames++;
      if ("error" in answer) this.counts.failures++;
      if ("buffer" in answer) port.postMessage(answer, [answer.buffer]);
      else port.postMessage(answer);
    });
    const tookMs = nowMs() - beganMs;
    this.#runMs = this.#runMs === 0 ? tookMs : this.#runMs + FRESH * (tookMs - this.#runMs);
  }

  async #runFrames(frames: Exclude<Item["frame"], ImageMessage>[]): Promise<AnswerMessage[]> {
    try {
      const { startedAtMs, inferMs, answers } = await this.options.run(frames);
      this.#times.push(inferMs);
      return frames.map(({ key, buffer }, index) => {
        const answer = answers[index];
        return "error" in answer
          ? { key, buffer, error: answer.error }
          : { key, buffer, startedAtMs, inferMs, ...answer };
      });
    } catch (error) {
      return frames.map(({ key, buffer }) => ({ key, buffer, error: wordsOf(error) }));
    }
  }

  async #runImage(image: ImageMessage): Promise<AnswerMessage> {
    const { key, overrides } = image;
    try {
      const { buffer, placement, frame, decodeMs, prepareMs } = await this.options.makeInput!(image);
      const { startedAtMs, inferMs, answers: [answer] } = await this.options.run([{ buffer, placement, overrides }]);
      this.#times.push(inferMs);
      if ("error" in answer) return { key, error: answer.error };
      return { key, startedAtMs, inferMs, ...answer, image: { ...frame, decodeMs, prepareMs } };
    } catch (error) {
      const undecodable = dropCauseOf(error) === "undecodable";
      return { key, error: wordsOf(error), ...(undecodable && { undecodable }) };
    }
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

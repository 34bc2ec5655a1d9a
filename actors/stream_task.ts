import { isDeepStrictEqual } from "node:util";
import type { Observable, Subscription } from "rxjs";
import { Subject } from "rxjs/internal/Subject";
import { nowMs } from "../src/core/clock.ts";
import type { LogEvent } from "../src/core/events.ts";
import type { Turns } from "../src/core/inference.ts";
import { BLOCK_WAITING, memoryBound } from "../src/core/memory_bound.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { settledInTime } from "../src/core/settled_in_time.ts";
import { type Source, SourceError } from "../src/core/source.ts";
import type { StreamRegistration, StreamState, StreamStatus } from "../src/core/stream.ts";
import { type MoveDetails, StreamStateMachine } from "../src/core/stream_states.ts";
import { alertEvents } from "../streams/alert_events.ts";
import { cacheBytes, cascadeFigures } from "../streams/cascade_figures.ts";
import { Credits } from "../streams/credits.ts";
import type { FrameInWork } from "../streams/frame_in_work.ts";
import { runsOut } from "../streams/handover.ts";
import { Intake } from "../streams/intake.ts";
import type { Keeping } from "../streams/keeping.ts";
import type { Memories } from "../streams/memories.ts";
import { pipeline, type Step } from "../streams/pipeline.ts";
import { type AnsweredPicture, Pictures } from "../streams/pictures.ts";
import { Recorder } from "../streams/recorder.ts";
import { causeOf, isHopeless } from "./actor_error.ts";
import { answersAfter } from "./answers_after.ts";
import type { StreamExtras, StreamPosition } from "./protocol.ts";
import { StreamFigures } from "./stream_figures.ts";
import { type SupervisedTask, superviseTask, type TaskSnapshot } from "./supervise_task.ts";
import { Watchdog } from "./watchdog.ts";

/** What a stream needs to run. */
export interface StreamTaskOptions {
  registration: StreamRegistration;
  /** Opens the source anew for every attempt. */
  open(): Source;
  /** True for sources that end and must not be tried twice. */
  finite: boolean;
  /** True for sources that may be silent for as long as they like: nothing is mended by opening them anew. */
  patient?: boolean;
  steps: Step[];
  turns: Turns;
  extras: StreamExtras;
  from: StreamPosition;
  /** Bytes of each model's input, for the memory bound. */
  inputBytes: number[];
  /** What is kept of it. */
  keeping: Keeping;
  /** What its analyzers remember. */
  memories: Memories;
  /** The source hangs in a native call that outlived its timeout. */
  onOverstay(): void;
  /** A picture that somebody asked for is encoded. */
  onPicture(picture: AnsweredPicture): void;
}

/** What of a stream may change while its source stays connected. */
export type StreamChange = Pick<StreamTaskOptions, "registration" | "steps" | "inputBytes">;

const STALL_MS = 5000;
const BACKOFF = { initialMs: 500, maxMs: 30_000, factor: 2 };
const HEALTHY_AFTER_MS = 10_000;
/** How long frames under way may take to finish when a stream stops. */
const DRAIN_MS = 2000;
/** The same where a source waits for them and none may be lost; shorter than who asked for the change waits. */
const PATIENT_DRAIN_MS = 8000;

/** One stream's life in its worker: source, supervision, pipeline and accounts. */
export class StreamTask {
  readonly events$: Observable<LogEvent>;
  #events = new Subject<LogEvent>();
  #options: StreamTaskOptions;
  #machine: StreamStateMachine;
  #intake: Intake;
  #credits?: Credits;
  #watchdog: Watchdog;
  #task?: SupervisedTask;
  #flow?: Subscription;
  /** The pipeline that another one has taken the place of, while its last frames are under way. */
  #outgoing?: Subscription;
  #reconfigured: Promise<void> = Promise.resolve();
  /** The pipeline runs empty: the stream comes to its end. */
  #ending = false;
  #drained: Promise<void> = Promise.resolve();
  #recorder?: Recorder;
  /** What is encoded of this stream, and for whom. */
  readonly pictures = new Pictures();
  #healthy?: () => void;
  #flowing = false;
  #held = false;
  #figures = new StreamFigures();

  constructor(options: StreamTaskOptions) {
    const { registration: { id, policy }, extras, from } = options;
    this.#options = options;
    options.keeping.follow(options.registration.capture, options.steps);
    options.memories.follow(options.steps);
    this.events$ = this.#events.asObservable();
    this.#machine = new StreamStateMachine({
      stream: id,
      epoch: from.epoch,
      onEvent: (event) => this.#events.next(event),
    });
    if (policy.mode === "block") this.#credits = new Credits(BLOCK_WAITING);
    this.#intake = new Intake({
      stream: id,
      policy,
      credits: this.#credits,
      from,
      onArrival: () => this.#arrived(),
      onLost: (cause, reason) => this.#figures.blame(cause, reason),
    });
    if (extras.video !== undefined) this.#recorder = new Recorder(extras.video);
    const stallMs = () => this.#stallMs;
    this.#watchdog = new Watchdog({
      get stallMs() {
        return stallMs();
      },
      onStall: () => this.#enter("stalled", { cause: { code: "stalled", message: this.#silence() } }),
      onRecover: () => this.#enter("running"),
      ...(!options.patient && { onDead: () => this.#task?.fail(new SourceError("timeout", this.#silence(2))) }),
    });
  }

  /** What is kept of it. */
  get keeping(): Keeping {
    return this.#options.keeping;
  }

  /** What its analyzers remember. */
  get memories(): Memories {
    return this.#options.memories;
  }

  /** Begins; called once. */
  start(): void {
    const { id } = this.#options.registration;
    const restarts = () => this.#restarts;
    this.#subscribe();
    this.#task = superviseTask({
      name: id,
      run: (signal, attempt) => {
        this.#healthy = () => attempt.healthy();
        return this.#attempt(signal);
      },
      backoff: BACKOFF,
      // What was there once may be so again: a camera is plugged in, a server is up before its streams are.
      isHopeless: (error) => isHopeless(error) && !(causeOf(error).code === "not_found" && this.#intake.epoch > 0),
      budget: {
        get restarts() {
          return restarts().count;
        },
        get withinMs() {
          return restarts().withinMs;
        },
      },
      healthyAfterMs: HEALTHY_AFTER_MS,
      onState: (snapshot) => this.#follow(snapshot),
      onOverstay: () => this.#options.onOverstay(),
    });
  }

  pause(): void {
    this.#task?.pause();
  }

  resume(): void {
    this.#task?.resume();
  }

  /** Holds a source that can wait back, until whoever takes its results has room again. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (!this.#credits) return;
    for (let n = 0; n <= BLOCK_WAITING; n++) held ? this.#credits.take() : this.#credits.give();
  }

  /** Applies another pipeline and policy, one change after the other; resolves when the old pipeline is empty. */
  reconfigure(change: (before: StreamTaskOptions) => StreamChange): Promise<void> {
    const made = this.#reconfigured.then(() => this.#change(change(this.#options)));
    this.#reconfigured = made.catch(() => {});
    return made;
  }

  /** Connects anew at once; revives a stream that ended or was given up. */
  restart(): void {
    const { state } = this.#machine;
    if (state === "stopped" || state === "failed") this.#subscribe();
    this.#task?.restart();
  }

  /** Ends the stream: no more intake, what is under way may finish within its deadline. */
  async stop(): Promise<StreamStatus> {
    await this.#task?.stop();
    await this.#drain();
    this.#enter("stopped");
    this.#watchdog[Symbol.dispose]();
    this.#events.complete();
    return this.status();
  }

  /** The stream as it stands. */
  status(): StreamStatus {
    const { registration: { id, policy }, inputBytes, steps, keeping, memories } = this.#options;
    const { state, cause, sinceMs, epoch, restarts, nextAttemptMs } = this.#machine;
    const { properties, ledger } = this.#intake;
    const held = steps.reduce((sum, step) => sum + ("trial" in step ? step.trial?.held ?? 0 : 0), 0);
    const most = Math.max(0, ...steps.map((step) => "spec" in step ? step.concurrency : 0));
    const underWay = this.#outgoing ? 2 * most : most;
    const { width = 0, height = 0 } = properties ?? {};
    const cascades = cascadeFigures(steps);
    const frameBytes = memoryBound({ width, height, policy, underWay, held, inputBytes });
    return {
      id,
      atMs: nowMs(),
      state,
      ...(cause && { cause }),
      sinceMs,
      epoch,
      restarts,
      ...(nextAttemptMs !== undefined && { nextAttemptMs }),
      frames: ledger.read(),
      ...this.#figures.read(),
      memoryBoundBytes: frameBytes + cacheBytes(steps) + keeping.boundBytes,
      ...(properties && { properties }),
      ...(Object.keys(cascades).length > 0 && { cascades }),
      pictures: this.pictures.usage,
      ...(keeping.usage && { capture: keeping.usage }),
      ...(memories.drift && { drift: memories.drift }),
    };
  }

  /** Frames under way finish while the next ones run already; results keep the order of the frames. */
  async #change(change: StreamChange): Promise<void> {
    const { registration: { policy, pipeline } } = change;
    const same = isDeepStrictEqual(pipeline, this.#options.registration.pipeline);
    const waits = runsOut(this.#options.steps, change.steps);
    const drainMs = this.#credits ? PATIENT_DRAIN_MS : DRAIN_MS;
    this.#options = { ...this.#options, ...change };
    this.#options.keeping.follow(change.registration.capture, change.steps);
    this.#options.memories.follow(change.steps);
    this.#reopenCredits(policy.mode);
    this.#intake.reconfigure(policy, this.#credits);
    if (!this.#flow || this.#ending) return;
    const old = this.#outgoing = this.#flow;
    const drained = this.#drained;
    this.#intake.end();
    if (!waits) old.unsubscribe();
    const empty = waits ? settledInTime(drained, drainMs).then(() => old.unsubscribe()) : undefined;
    this.#subscribe({ after: empty, ...(same && { epoch: this.#intake.epoch }) });
    await empty;
    this.#outgoing = undefined;
  }

  #reopenCredits(mode: StreamRegistration["policy"]["mode"]): void {
    if ((mode === "block") === (this.#credits !== undefined)) return;
    this.#credits?.close();
    this.#credits = mode === "block" ? new Credits(BLOCK_WAITING) : undefined;
    if (!this.#held) return;
    for (let n = 0; n <= BLOCK_WAITING; n++) this.#credits?.take();
  }

  async #attempt(signal: AbortSignal): Promise<"ended" | "aborted"> {
    this.#flowing = false;
    this.#credits?.reopen();
    signal.addEventListener("abort", () => this.#credits?.close(), { once: true });
    try {
      return await this.#options.open().run(this.#intake, signal);
    } finally {
      this.#watchdog.stop();
    }
  }

  /** The supervisor's view of the source becomes the stream's state. */
  #follow({ state, cause, nextAttemptMs }: TaskSnapshot): void {
    const machine = this.#machine;
    if (state === "running") {
      if (machine.state !== "connecting" || machine.restarts > 0) machine.move("connecting");
    } else if (state === "stopped" || state === "failed") {
      void this.#drain().then(() => {
        if (machine.state !== state) this.#enter(state, { cause });
      });
    } else this.#enter(state, { cause, nextAttemptMs });
  }

  /** Moves where the move is legal: while a stream stops, what its source still does changes nothing. */
  #enter(state: StreamState, details?: MoveDetails): void {
    if (this.#machine.can(state)) this.#machine.move(state, details);
  }

  #arrived(): void {
    this.#figures.arrived();
    this.#watchdog.feed();
    if (this.#flowing) return;
    this.#flowing = true;
    this.#healthy?.();
    this.#intake.startEpoch();
    this.#enter("running");
    if (this.#intake.properties?.live) this.#watchdog.start();
  }

  /** Starts the pipeline; its models' answers wait for `after`, its analyzers are in the midst of `epoch`. */
  #subscribe({ after, epoch }: { after?: Promise<void>; epoch?: number } = {}): void {
    const { registration: { id, policy }, steps, turns } = this.#options;
    if (this.#flow) this.#intake.reopen();
    this.#ending = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = promise;
    const results$ = pipeline(this.#intake.frames$, {
      stream: id,
      policy,
      steps,
      turns: after ? answersAfter(after, turns) : turns,
      ...(epoch !== undefined && { epoch }),
      credits: this.#credits,
      record: this.#recorder && ((frame, result) => this.#record(frame, result)),
      show: (frame, result) => {
        this.pictures.push(frame, result, this.#options.onPicture);
        this.#options.keeping.push(frame, result);
        this.#options.memories.push();
      },
      onAlerts: (frame, result) => alertEvents(frame, result).forEach((event) => this.#events.next(event)),
      onDrop: (frame, cause, reason) => {
        if (!frame.open) return;
        frame.drop(cause);
        if (cause === "stale") this.#intake.thrift.unused();
        if (cause === "failed" || cause === "undecodable") this.#figures.blame(cause, reason);
      },
    });
    this.#flow = results$.subscribe({
      next: (result) => this.#published(result),
      error: (error) => {
        this.#figures.blame("failed", error);
        resolve();
      },
      complete: resolve,
    });
  }

  #published(result: ResultEnvelope): void {
    this.#intake.thrift.used();
    this.#figures.published(result);
    this.#events.next(result);
  }

  #record(frame: FrameInWork, result: ResultEnvelope): void {
    try {
      this.#recorder?.push(frame, result, this.#intake.properties?.fps);
    } catch (error) {
      // A full disk ends the recording, not the stream.
      this.#recorder = undefined;
      this.#figures.blame("failed", error);
    }
  }

  /** What is under way finishes, or is given up at the deadline; the recording is closed. */
  async #drain(): Promise<void> {
    this.#ending = true;
    this.#intake.end();
    await settledInTime(
      this.#drained,
      this.#options.finite && this.#machine.state !== "stopping" ? undefined : DRAIN_MS,
    );
    this.#outgoing?.unsubscribe();
    this.#flow?.unsubscribe();
    try {
      this.#recorder?.close();
    } catch (error) {
      this.#figures.blame("failed", error);
    }
    // A disk that hangs must not hold the stream.
    await settledInTime(this.#options.keeping.settle(), DRAIN_MS);
  }

  #silence(times = 1): string {
    return `No frame for ${(times * this.#stallMs) / 1000} s`;
  }

  get #stallMs(): number {
    return this.#options.registration.policy.stallMs ?? STALL_MS;
  }

  get #restarts(): { count: number; withinMs: number } {
    const { registration: { policy }, finite } = this.#options;
    return policy.restarts ?? { count: finite ? 0 : Infinity, withinMs: 60_000 };
  }
}

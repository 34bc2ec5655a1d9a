import { asError, type Cause, causeOf, isHopeless } from "./actor_error.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import { Budget, type BudgetOptions } from "./budget.ts";
import { realTimers, type Timers } from "./timers.ts";

/** What a supervised task can be doing. */
export type TaskState = "running" | "backoff" | "paused" | "stopping" | "stopped" | "failed";

/** A supervised task as it stands. */
export interface TaskSnapshot {
  name: string;
  state: TaskState;
  /** Since when, Unix milliseconds. */
  since: number;
  cause?: Cause;
  /** Attempts after the first. */
  restarts: number;
  nextAttemptMs?: number;
}

/** One attempt at a task. */
export interface Attempt {
  /** 1 for the first; rises over the task's whole life. */
  number: number;
  /** The task does what it is there for (frames arrive). The backoff is forgotten once that has lasted `healthyAfterMs`. */
  healthy(): void;
}

/** How a task is supervised. */
export interface TaskOptions {
  name: string;
  /** Runs until its end, throws, or is aborted; never retries. */
  run(signal: AbortSignal, attempt: Attempt): Promise<"ended" | "aborted">;
  backoff: BackoffOptions;
  budget: BudgetOptions;
  healthyAfterMs: number;
  /** Whether trying again can only give the same answer; default what the error says of itself. */
  isHopeless?(error: Error): boolean;
  /** Hears every change; `running` comes before each attempt. */
  onState?(snapshot: TaskSnapshot): void;
  /** How long an aborted attempt may take to return. Default 10 000. */
  abortTimeoutMs?: number;
  /** An aborted attempt has not returned in time: whatever it hangs in is to be replaced. */
  onOverstay?(name: string): void;
  timers?: Timers;
}

/** A task under supervision. */
export interface SupervisedTask extends AsyncDisposable {
  snapshot(): TaskSnapshot;
  /** Runs it anew at once, with backoff and budget forgotten; revives a stopped, failed or paused one. */
  restart(): void;
  /** Ends the running attempt as a failure with this error, as if it had thrown it. */
  fail(error: Error): void;
  pause(): void;
  resume(): void;
  /** Ends it for good; resolves when the last attempt has returned. */
  stop(): Promise<TaskSnapshot>;
  /** Resolves when it is, or next becomes, `stopped` or `failed`. */
  settled(): Promise<TaskSnapshot>;
}

/** Runs a task again and again until it ends, is hopeless, or its budget is spent. The only layer that retries. */
export function superviseTask(options: TaskOptions): SupervisedTask {
  return new Task(options);
}

class Task implements SupervisedTask {
  #options: TaskOptions;
  #timers: Timers;
  #backoff: Backoff;
  #budget: Budget;
  #state: TaskState = "running";
  #since: number;
  #cause: Cause | undefined;
  #nextAttemptMs: number | undefined;
  #attempts = 0;
  #wish: "run" | "pause" | "stop" = "run";
  /** Set while an attempt runs. */
  #attempt: AbortController | undefined;
  /** Calls off the complaint about an attempt that overstays. */
  #calm: () => void = () => {};
  #failure: Error | undefined;
  #fresh = false;
  #wake: (() => void) | undefined;
  #settled: Array<(snapshot: TaskSnapshot) => void> = [];
  #loop: Promise<void>;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#backoff = new Backoff(options.backoff);
    this.#budget = new Budget(options.budget);
    this.#since = this.#timers.now();
    // Not before the caller holds the task: what it hears of the first state may make it act on it.
    this.#loop = Promise.resolve().then(() => this.#drive());
  }

  snapshot(): TaskSnapshot {
    const snapshot: TaskSnapshot = {
      name: this.#options.name,
      state: this.#state,
      since: this.#since,
      restarts: Math.max(0, this.#attempts - 1),
    };
    if (this.#cause) snapshot.cause = this.#cause;
    if (this.#nextAttemptMs !== undefined) snapshot.nextAttemptMs = this.#nextAttemptMs;
    return snapshot;
  }

  restart(): void {
    if (this.#wish === "stop") return;
    this.#wish = "run";
    this.#fresh = true;
    this.#interrupt("The task is restarted");
  }

  fail(error: Error): void {
    if (!this.#attempt || this.#attempt.signal.aborted) return;
    this.#failure = error;
    this.#abort(error);
  }

  pause(): void {
    if (this.#wish !== "run" || this.#isSettled()) return;
    this.#wish = "pause";
    this.#interrupt("The task is paused");
  }

  resume(): void {
    if (this.#wish !== "pause") return;
    this.#wish = "run";
    this.#fresh = true;
    this.#interrupt("The task is resumed");
  }

  async stop(): Promise<TaskSnapshot> {
    if (this.#wish !== "stop") {
      this.#wish = "stop";
      if (this.#attempt) this.#move("stopping", this.#cause);
      this.#interrupt("The task is stopped");
    }
    await this.#loop;
    return this.snapshot();
  }

  settled(): Promise<TaskSnapshot> {
    if (this.#isSettled()) return Promise.resolve(this.snapshot());
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #drive(): Promise<void> {
    while (this.#wish !== "stop") {
      if (this.#wish === "pause") {
        this.#move("paused");
        await this.#sleep("pause");
        continue;
      }
      if (this.#fresh) {
        this.#fresh = false;
        this.#backoff.reset();
        this.#budget.reset();
      }
      const end = await this.#try();
      if (this.#wish !== "run" || this.#fresh) continue;
      await this.#judge(end);
    }
    // A failed task that is then stopped keeps its cause.
    if (this.#state !== "stopped") this.#move("stopped", this.#cause);
  }

  /** One attempt. Answers the error it ended with, if any. */
  async #try(): Promise<Error | undefined> {
    const controller = this.#attempt = new AbortController();
    this.#failure = undefined;
    this.#attempts++;
    this.#move("running");
    let healthySince: number | undefined;
    try {
      // What stops the attempt before it begins came out of the announcement just made.
      if (controller.signal.aborted) return this.#failure;
      await this.#options.run(controller.signal, {
        number: this.#attempts,
        healthy: () => healthySince ??= this.#timers.now(),
      });
      return this.#failure;
    } catch (thrown) {
      return this.#failure ?? asError(thrown);
    } finally {
      this.#attempt = undefined;
      this.#calm();
      if (healthySince !== undefined && this.#timers.now() - healthySince >= this.#options.healthyAfterMs) {
        this.#backoff.reset();
      }
    }
  }

  async #judge(error: Error | undefined): Promise<void> {
    if (!error) this.#move("stopped");
    else if ((this.#options.isHopeless ?? isHopeless)(error) || !this.#budget.spend(this.#timers.now())) {
      this.#move("failed", causeOf(error));
    } else {
      const delayMs = this.#backoff.next();
      this.#move("backoff", causeOf(error), this.#timers.now() + delayMs);
      return await this.#sleep("run", delayMs);
    }
    await this.#sleep("run");
  }

  #abort(reason: Error): void {
    if (!this.#attempt || this.#attempt.signal.aborted) return;
    const { abortTimeoutMs = 10_000, onOverstay, name } = this.#options;
    this.#calm = this.#timers.after(abortTimeoutMs, () => onOverstay?.(name));
    this.#attempt.abort(reason);
  }

  #interrupt(why: string): void {
    this.#abort(new DOMException(why, "AbortError"));
    this.#wake?.();
  }

  #sleep(wish: "run" | "pause", delayMs?: number): Promise<void> {
    if (this.#wish !== wish || this.#fresh) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = delayMs === undefined ? undefined : this.#timers.after(delayMs, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel?.();
        resolve();
      };
    });
  }

  #isSettled(): boolean {
    return this.#state === "stopped" || this.#state === "failed";
  }

  #move(state: TaskState, cause?: Cause, nextAttemptMs?: number): void {
    this.#state = state;
    this.#since = this.#timers.now();
    this.#cause = cause;
    this.#nextAttemptMs = nextAttemptMs;
    const snapshot = this.snapshot();
    this.#options.onState?.(snapshot);
    if (!this.#isSettled()) return;
    for (const resolve of this.#settled.splice(0)) resolve(snapshot);
  }
}

import type { Observable } from "rxjs";
import { Subject } from "rxjs/internal/Subject";
import type { ActorExit, Child, StopOptions } from "./actor.ts";
import { ActorError, asError, type Cause, causeOf, isHopeless } from "./actor_error.ts";
import type { BackoffOptions } from "./backoff.ts";
import { Budget, type BudgetOptions } from "./budget.ts";
import {
  type ChildSnapshot,
  type ChildSpec,
  Group,
  SupervisedChild,
  type SupervisorEvent,
} from "./supervised_child.ts";
import { realTimers, type Timers } from "./timers.ts";

/** Who goes down with a child: nobody, or all that were started after it. */
export type Strategy = "one-for-one" | "rest-for-one";

/** How a supervisor works. */
export interface SupervisorOptions {
  name: string;
  strategy: Strategy;
  children: ChildSpec[];
  backoff: BackoffOptions;
  /** Restarts of all children together; once spent the supervisor itself fails. */
  budget: BudgetOptions;
  /** How long a child must have run for its backoff to be forgotten. */
  healthyAfterMs: number;
  timers?: Timers;
}

/** A supervisor and its children as they stand. */
export interface SupervisorSnapshot {
  name: string;
  strategy: Strategy;
  state: "starting" | "running" | "stopping" | "stopped" | "failed";
  since: number;
  cause?: Cause;
  children: ChildSnapshot[];
}

/** Starts children in order, replaces those that die, stops them in reverse order. Itself a child for the next one up. */
export class Supervisor implements Child, AsyncDisposable {
  readonly name: string;
  readonly events$: Observable<SupervisorEvent>;
  readonly exited: Promise<ActorExit>;
  #options: SupervisorOptions;
  #timers: Timers;
  #events = new Subject<SupervisorEvent>();
  #budget: Budget;
  #groups: Group[] = [];
  #loops: Promise<void>[] = [];
  #state: SupervisorSnapshot["state"] = "starting";
  #since: number;
  #failure: Error | undefined;
  #end = Promise.withResolvers<ActorExit>();
  #stopBy: number | undefined;

  constructor(options: SupervisorOptions) {
    this.name = options.name;
    this.events$ = this.#events.asObservable();
    this.exited = this.#end.promise;
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#budget = new Budget(options.budget);
    this.#since = this.#timers.now();
    for (const spec of options.children) this.#adopt(spec);
  }

  /** Whether every child runs, or ended as it should. */
  get ready(): boolean {
    return this.#state === "running" && this.#children().every((child) => child.passes);
  }

  /** Starts the children; resolves when each runs, has ended or has failed for good. Rejects when the budget is spent. */
  async start(signal?: AbortSignal): Promise<void> {
    const abort = () => void this.stop({ deadlineMs: 5000 });
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    for (const group of this.#groups) this.#loops.push(this.#drive(group));
    await Promise.all(this.#groups.map((group) => group.up.promise));
    signal?.removeEventListener("abort", abort);
    if (this.#stopBy !== undefined) {
      await this.exited;
      signal?.throwIfAborted();
      throw this.#failure ?? new ActorError("down", `Cannot start ${this.name}: it was stopped`);
    }
    if (this.#state === "starting") this.#move("running");
  }

  /** Starts a child now, with its backoff forgotten: one that failed or ended is revived, one that runs is replaced. */
  restart(name: string): void {
    const [group, child] = this.#find(name);
    if (this.#stopBy !== undefined || child.state === "stopping") return;
    child.backoff.reset();
    if (child.actor) void this.#stopChild(child).then(() => group.wake());
    else if (child.state !== "starting") child.move("waiting");
    group.wake();
  }

  /** Takes one more child in, last in order, and starts it. */
  add(spec: ChildSpec): void {
    if (this.#stopBy !== undefined) throw new Error(`Cannot add ${spec.name} to ${this.name}: it stops`);
    const group = this.#adopt(spec);
    if (group.children.length === 1) this.#loops.push(this.#drive(group));
    else group.wake();
  }

  stop(options: StopOptions): Promise<ActorExit> {
    const stopBy = this.#timers.now() + options.deadlineMs;
    if (this.#stopBy === undefined) {
      this.#stopBy = stopBy;
      void this.#shutDown();
    } else if (stopBy < this.#stopBy) {
      this.#stopBy = stopBy;
      for (const child of this.#children()) void child.actor?.stop(options);
    }
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ deadlineMs: 5000 });
  }

  snapshot(): SupervisorSnapshot {
    return {
      name: this.name,
      strategy: this.#options.strategy,
      state: this.#state,
      since: this.#since,
      ...(this.#failure && { cause: causeOf(this.#failure) }),
      children: this.#children().map((child) => child.snapshot()),
    };
  }

  #children(): SupervisedChild[] {
    return this.#groups.flatMap((group) => group.children);
  }

  #find(name: string): [Group, SupervisedChild] {
    for (const group of this.#groups) {
      for (const child of group.children) if (child.spec.name === name) return [group, child];
    }
    throw new RangeError(`Cannot find ${name} under ${this.name}: there is no such child`);
  }

  #adopt(spec: ChildSpec): Group {
    if (this.#children().some((child) => child.spec.name === spec.name)) {
      throw new Error(`Cannot add ${spec.name} to ${this.name}: there is one already`);
    }
    const child = new SupervisedChild(spec, this.#options.backoff, this.#timers, (child, previous) => {
      const { spec, state, cause, restarts, nextAttemptMs, since } = child;
      this.#events.next({
        path: [this.name, spec.name],
        state,
        previous,
        restarts,
        atMs: since,
        ...(cause && { cause }),
        ...(nextAttemptMs !== undefined && { nextAttemptMs }),
      });
    });
    // Where nobody depends on anybody, everybody is a group of its own.
    const shared = this.#options.strategy === "rest-for-one" ? this.#groups[0] : undefined;
    const group = shared ?? new Group(this.#timers);
    if (!shared) this.#groups.push(group);
    group.children.push(child);
    return group;
  }

  /** Brings a group's children up in order, and keeps them up, until the supervisor stops. */
  async #drive(group: Group): Promise<void> {
    while (this.#stopBy === undefined) {
      const { children } = group;
      const first = children.findIndex((child) => !child.passes);
      if (first < 0) {
        group.up.resolve();
        await group.wait();
        continue;
      }
      const dependants = children.slice(first + 1).filter((child) => child.actor).reverse();
      if (dependants.length > 0) {
        // One at a time and then looked at anew: while one stops, another may die.
        await this.#stopChild(dependants[0]);
        continue;
      }
      const child = children[first];
      if (child.state === "failed") {
        group.up.resolve();
        await group.wait();
      } else if (child.state === "stopping") {
        await group.wait();
      } else {
        const delayMs = (child.nextAttemptMs ?? 0) - this.#timers.now();
        if (delayMs > 0) await group.wait(delayMs);
        else await this.#startChild(group, child);
      }
    }
  }

  async #startChild(group: Group, child: SupervisedChild): Promise<void> {
    const controller = child.starting = new AbortController();
    child.move("starting");
    try {
      const actor = await child.spec.start(controller.signal);
      if (controller.signal.aborted) {
        await actor.stop({ deadlineMs: this.#deadlineMs(child) });
        return this.#calledOff(child);
      }
      child.actor = actor;
      child.move("running");
      if (actor instanceof Supervisor) {
        actor.events$.subscribe((event) => this.#events.next({ ...event, path: [this.name, ...event.path] }));
      }
      void actor.exited.then((exit) => {
        if (child.actor === actor) this.#exited(group, child, exit);
      });
    } catch (thrown) {
      if (controller.signal.aborted) this.#calledOff(child);
      else this.#died(group, child, asError(thrown));
    } finally {
      child.starting = undefined;
    }
  }

  #calledOff(child: SupervisedChild): void {
    child.move(this.#stopBy === undefined ? "waiting" : "stopped");
  }

  /** Stops a child that runs because something else calls for it; it waits to be started again. */
  async #stopChild(child: SupervisedChild): Promise<void> {
    const actor = child.actor!;
    child.move("stopping");
    await this.#within(actor.stop({ deadlineMs: this.#deadlineMs(child) }), this.#deadlineMs(child) + 1000);
    if (child.actor !== actor) return;
    child.actor = undefined;
    child.move("waiting");
  }

  #exited(group: Group, child: SupervisedChild, exit: ActorExit): void {
    // Whoever stops it also sees to what comes after.
    if (child.state === "stopping") return;
    child.actor = undefined;
    if (this.#stopBy !== undefined) {
      return exit.how === "stopped" ? child.move("stopped") : child.move("failed", exit.error);
    }
    if (exit.how !== "stopped") return this.#died(group, child, exit.error);
    if (child.spec.restart === "permanent") {
      return this.#died(group, child, new Error(`Cannot do without ${child.spec.name}: it ended by itself`));
    }
    child.move("stopped");
    group.wake();
  }

  #died(group: Group, child: SupervisedChild, error: Error): void {
    const now = this.#timers.now();
    if (child.state === "running" && now - child.since >= this.#options.healthyAfterMs) child.backoff.reset();
    if (child.spec.restart === "temporary" || isHopeless(error)) child.move("failed", error);
    else if (this.#budget.spend(now)) {
      const delayMs = child.backoff.next();
      child.move("backoff", error, now + delayMs);
    } else {
      child.move("failed", error);
      this.#escalate(child, error);
    }
    if (!child.passes) {
      const dependants = group.children.slice(group.children.indexOf(child) + 1);
      for (const dependant of dependants) dependant.starting?.abort(error);
    }
    group.wake();
  }

  #escalate(child: SupervisedChild, error: Error): void {
    const { restarts, withinMs } = this.#budget;
    const message = `Cannot keep ${child.spec.name} alive: ${restarts} restarts in ${withinMs} ms did not help: ` +
      error.message;
    this.#failure ??= Object.assign(new Error(message, { cause: error }), { code: "budget" });
    void this.stop({ deadlineMs: Math.max(0, ...this.#children().map((child) => child.spec.stopDeadlineMs ?? 5000)) });
  }

  async #shutDown(): Promise<void> {
    this.#move("stopping");
    for (const child of this.#children()) child.starting?.abort(new DOMException("The supervisor stops", "AbortError"));
    for (const group of this.#groups) {
      group.wake();
      group.up.resolve();
    }
    for (const child of this.#children().reverse()) {
      const actor = child.actor;
      if (actor) {
        child.move("stopping");
        const exit = await this.#within(actor.stop({ deadlineMs: this.#deadlineMs(child) }), this.#leftMs() + 1000);
        child.actor = undefined;
        child.move("stopped", exit && exit.how !== "stopped" ? exit.error : undefined);
      } else if (child.state !== "failed" && child.state !== "starting" && child.state !== "stopped") {
        child.move("stopped");
      }
    }
    await this.#within(Promise.all(this.#loops), this.#leftMs());
    this.#move(this.#failure ? "failed" : "stopped");
    this.#events.complete();
    this.#end.resolve(this.#failure ? { how: "failed", error: this.#failure } : { how: "stopped" });
  }

  #leftMs(): number {
    return Math.max(0, this.#stopBy! - this.#timers.now());
  }

  #deadlineMs(child: SupervisedChild): number {
    const deadlineMs = child.spec.stopDeadlineMs ?? 5000;
    return this.#stopBy === undefined ? deadlineMs : Math.min(deadlineMs, this.#leftMs());
  }

  /** What a promise resolves to, or undefined when it has not by then. */
  #within<T>(promise: Promise<T>, delayMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#timers.after(delayMs, () => resolve(undefined));
      const settle = (value?: T) => {
        cancel();
        resolve(value);
      };
      void promise.then(settle, () => settle());
    });
  }

  #move(state: SupervisorSnapshot["state"]): void {
    this.#state = state;
    this.#since = this.#timers.now();
  }
}

import type { ActorExit, Child, StopOptions } from "../../actors/actor.ts";
import type { RestartPolicy } from "../../actors/supervised_child.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import { ManualTimers } from "./manual_timers.ts";

/** A child whose life the test holds in its hands. */
export class Puppet implements Child {
  #end = Promise.withResolvers<ActorExit>();
  readonly exited = this.#end.promise;
  constructor(readonly name: string, private readonly log: string[]) {}
  stop(_options: StopOptions): Promise<ActorExit> {
    this.log.push(`stop ${this.name}`);
    this.#end.resolve({ how: "stopped" });
    return this.exited;
  }
  crash(error: Error): void {
    this.#end.resolve({ how: "failed", error });
  }
  leave(): void {
    this.#end.resolve({ how: "stopped" });
  }
}

/** A supervisor of puppets, in time that passes when told to. */
export function supervisePuppets(
  children: string[],
  options: Partial<SupervisorOptions> & { restart?: RestartPolicy } = {},
) {
  const timers = new ManualTimers(0);
  const log: string[] = [];
  const live = new Map<string, Puppet>();
  /** What the next starts of a child do instead of succeeding. */
  const starts = new Map<string, Array<(signal: AbortSignal) => Promise<Child>>>();
  const supervisor = new Supervisor({
    name: "root",
    strategy: "one-for-one",
    backoff: { initialMs: 1_000, maxMs: 8_000, random: () => 1 },
    budget: { restarts: 5, withinMs: 60_000 },
    healthyAfterMs: 5_000,
    timers,
    children: children.map((name) => ({
      name,
      restart: options.restart ?? "permanent",
      start: (signal: AbortSignal): Promise<Child> => {
        log.push(`start ${name}`);
        const special = starts.get(name)?.shift();
        if (special) return special(signal);
        const puppet = new Puppet(name, log);
        live.set(name, puppet);
        return Promise.resolve(puppet);
      },
    })),
    ...options,
  });
  const states = () => supervisor.snapshot().children.map((child) => child.state);
  const take = () => log.splice(0);
  return { supervisor, timers, log, take, live, starts, states };
}

/** An error that may pass. */
export const crash = (message = "boom") => Object.assign(new Error(message), { code: "crash" });
/** An error that will not. */
export const hopeless = () => Object.assign(new Error("no such model"), { hopeless: true, code: "not_found" });
/** A start that fails. */
export const fails = (error: Error) => () => Promise.reject(error);
/** A start that hangs until called off. */
export const hangs = (signal: AbortSignal) =>
  new Promise<Child>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

import type { Device } from "../src/core/model.ts";
import type { Actor } from "./actor.ts";
import { Kills } from "./kills.ts";
import type { FromReplica, ModelSetup, ReplicaInit, ReplicaStats, ToReplica } from "./protocol.ts";
import { Supervisor, type SupervisorSnapshot } from "./supervisor.ts";
import { spawnWorker } from "./worker_actor.ts";

/** Who must hear of replicas that come and go. A model goes by its key here. */
export interface ReplicaWiring {
  /** A replica is up; gives it its ports to all others. */
  joined(replica: number, model: string, actor: Actor<ToReplica, FromReplica>): void;
  /** A replica is down. */
  left(replica: number, reason: string): void;
  /** The model is given up: no replica will come back. */
  hopeless(model: string, reason: string): void;
  /** A port to the dispatcher for a replica about to start. */
  dispatcherPort(replica: number, model: string): MessagePort;
}

/** How a model's replicas run. */
export interface InferenceOptions {
  setup: ModelSetup;
  device: Device;
  threads: number;
  deterministic: boolean;
  wiring: ReplicaWiring;
  kills: Kills;
}

const START_TIMEOUT_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;
let replicasMade = 0;

/** One model's replicas under supervision: each in a worker of its own, replaced when it dies. */
export class InferenceActor implements AsyncDisposable {
  #supervisor: Supervisor;
  #replicas = new Map<number, Actor<ToReplica, FromReplica>>();

  constructor(private readonly options: InferenceOptions) {
    const { setup, wiring } = options;
    this.#supervisor = new Supervisor({
      name: setup.spec.name,
      strategy: "one-for-one",
      backoff: { initialMs: 100, maxMs: 5_000 },
      budget: { restarts: 10, withinMs: 60_000 },
      healthyAfterMs: 10_000,
      children: Array.from({ length: setup.replicas }, (_, n) => {
        const name = `${setup.spec.name}#${n}`;
        return {
          name,
          restart: "permanent",
          stopDeadlineMs: STOP_DEADLINE_MS,
          start: (signal) => this.#spawn(name, signal),
        };
      }),
    });
    this.#supervisor.events$.subscribe(({ cause }) => {
      const { state, children } = this.#supervisor.snapshot();
      if (state === "running" && children.every((child) => child.state === "failed")) {
        wiring.hopeless(setup.key, cause?.message ?? "no replica can be started");
      }
    });
    void this.#supervisor.exited.then((exit) => {
      if (exit.how !== "stopped") wiring.hopeless(setup.key, exit.error.message);
    });
  }

  /** Starts the replicas; rejects with the cause when the model cannot run at all. */
  async start(): Promise<void> {
    await this.#supervisor.start();
    const { children } = this.#supervisor.snapshot();
    const failed = children.find((child) => child.state === "failed");
    if (failed) {
      await this[Symbol.asyncDispose]();
      throw new Error(failed.cause?.message ?? `Cannot start ${failed.name}`);
    }
  }

  /** Replaces a replica that hangs. */
  replace(replica: number): void {
    void this.#replicas.get(replica)?.stop({ deadlineMs: 0 });
  }

  /** The running replicas. */
  replicas(): ReadonlyMap<number, Actor<ToReplica, FromReplica>> {
    return this.#replicas;
  }

  /** The supervision of this model as it stands. */
  snapshot(): SupervisorSnapshot {
    return this.#supervisor.snapshot();
  }

  /** What the replicas have done. */
  stats(): Promise<ReplicaStats[]> {
    return Promise.all(
      [...this.#replicas.values()].map((actor) => actor.ask<ReplicaStats>({ type: "stats" }, { timeoutMs: 5_000 })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor.stop({ deadlineMs: STOP_DEADLINE_MS });
  }

  async #spawn(name: string, signal: AbortSignal): Promise<Actor<ToReplica, FromReplica>> {
    const { setup, device, threads, deterministic, wiring, kills } = this.options;
    const replica = ++replicasMade;
    const dispatcher = wiring.dispatcherPort(replica, setup.key);
    const init: ReplicaInit = { replica, setup, device, threads, deterministic, dispatcher };
    let actor: Actor<ToReplica, FromReplica>;
    try {
      actor = await spawnWorker<ToReplica, FromReplica>({
        name,
        url: new URL("./inference_worker.ts", import.meta.url),
        init,
        transfer: [dispatcher],
        startTimeoutMs: START_TIMEOUT_MS,
        signal,
        kills,
      });
    } catch (error) {
      wiring.left(replica, "it did not start");
      throw error;
    }
    this.#replicas.set(replica, actor);
    actor.link((exit) => {
      this.#replicas.delete(replica);
      const reason = exit.how === "stopped" ? "The model's replica was stopped" : exit.error.message;
      wiring.left(replica, reason);
    });
    wiring.joined(replica, setup.key, actor);
    return actor;
  }
}

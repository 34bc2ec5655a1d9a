import { InferenceActor, type InferenceOptions } from "../actors/inference_actor.ts";
import type { ModelSetup, ReplicaStats } from "../actors/protocol.ts";
import { resolveModel } from "../models/manifest.ts";

/** How the models of a pool run. */
export interface ModelPoolOptions extends Omit<InferenceOptions, "setup"> {
  /** Copies of each model, each in a thread of its own. */
  replicas: number;
  maxBatch: number;
  maxDelayMs: number;
}

/** A model that runs: what it is, and its replicas. */
export interface PooledModel {
  readonly setup: ModelSetup;
  readonly actor: InferenceActor;
}

/** The models in use. Each is loaded once, when the first stream asks for it, however many share it. */
export class ModelPool implements AsyncDisposable {
  #models = new Map<string, PooledModel & { ready: Promise<void> }>();

  constructor(private readonly options: ModelPoolOptions) {}

  /** The model by its name or path, its replicas started when this is the first use. */
  async open(name: string): Promise<ModelSetup> {
    const { replicas, maxDelayMs } = this.options;
    let spec = await resolveModel(name);
    const namesake = this.#models.get(spec.name)?.setup.spec;
    // Two files of one name are two models.
    if (namesake && namesake.sha256 !== spec.sha256) {
      spec = { ...spec, name: `${spec.name}@${spec.sha256.slice(0, 8)}` };
    }
    let model = this.#models.get(spec.name);
    if (!model) {
      const maxBatch = Math.min(this.options.maxBatch, spec.input.maxBatch);
      const setup: ModelSetup = { spec, replicas, maxBatch, maxDelayMs };
      const actor = new InferenceActor({ ...this.options, setup });
      this.#models.set(spec.name, model = { setup, actor, ready: actor.start() });
    }
    try {
      await model.ready;
    } catch (error) {
      this.#models.delete(spec.name);
      throw error;
    }
    return model.setup;
  }

  /** The models in use. */
  get models(): readonly PooledModel[] {
    return [...this.#models.values()];
  }

  /** What each replica of a model has done so far. */
  async stats(name: string): Promise<ReplicaStats[]> {
    return await this.#models.get(name)?.actor.stats() ?? [];
  }

  /** Replaces a replica that hangs. */
  replace(name: string, replica: number): void {
    this.#models.get(name)?.actor.replace(replica);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#models.values()].map(({ actor }) => actor[Symbol.asyncDispose]()));
  }
}

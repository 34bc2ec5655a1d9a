import type { PipelineStep } from "../core/stream.ts";
import type { ModelLease, ModelPool } from "../model_pool.ts";
import { modelsOf, type ReadyPipeline, readyPipeline, stepModel } from "./ready_stream.ts";
import { stepFaults } from "./step_faults.ts";

/** Pipelines that single images go through: made ready once, and had again without looking at their files anew. */
export class ImagePipelines {
  /** With the models' own names, by what was asked for. */
  #known = new WeakMap<readonly PipelineStep[], PipelineStep[]>();

  constructor(private readonly pool: ModelPool) {}

  /** The right to the models of a pipeline; they stay loaded until it is given back. */
  async use(user: string, asked: readonly PipelineStep[]): Promise<ReadyPipeline> {
    const known = this.#known.get(asked);
    const ready = known && await this.#again(user, known) || await readyPipeline(user, asked, this.pool);
    this.#known.set(asked, ready.pipeline);
    return ready;
  }

  /** The same with the models as they are now; undefined where one is not loaded any more, or does not fit any more. */
  async #again(user: string, pipeline: PipelineStep[]): Promise<ReadyPipeline | undefined> {
    const leases = await Promise.all(modelsOf(pipeline).map((name) => this.pool.takeLoaded(user, name)));
    const held = leases.filter((lease) => lease !== undefined);
    const models: ModelLease = {
      setups: held.flatMap(({ setups }) => setups),
      [Symbol.dispose]: () => held.forEach((lease) => lease[Symbol.dispose]()),
    };
    const whole = held.length === leases.length;
    if (whole && stepFaults(pipeline, models.setups.map((setup) => stepModel(setup, this.pool))).length === 0) {
      return { pipeline, models };
    }
    models[Symbol.dispose]();
  }
}

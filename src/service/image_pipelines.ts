import type { StillPipelineAnswer, StillPipelineQuestion } from "../../actors/still_pipelines.ts";
import type { StreamWorkers } from "../../actors/stream_workers.ts";
import type { CascadeFigures, PipelineStep } from "../core/stream.ts";
import type { ModelLease, ModelPool } from "../model_pool.ts";
import { modelsOf, type ReadyPipeline, readyPipeline, stepModel } from "./ready_stream.ts";
import { stepFaults } from "./step_faults.ts";

type Figures = Record<string, CascadeFigures>;

/** Pipelines that single images go through: made ready once, and had again without looking at their files anew. */
export class ImagePipelines {
  /** With the models' own names, by what was asked for. */
  #known = new WeakMap<readonly PipelineStep[], PipelineStep[]>();

  /** What steps have done, by thread and pipeline. */
  #heard = new Map<string, { name: string; cascades: Figures }>();

  constructor(private readonly pool: ModelPool, private readonly workers: Pick<StreamWorkers, "enter">) {}

  /** Runs one image; images of one session go to the same thread, which remembers answers for it. */
  async run(
    question: StillPipelineQuestion,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<StillPipelineAnswer> {
    const { name, image, session } = question;
    const slot = await this.workers.enter(session);
    try {
      const asked = { type: "stillPipeline", question } as const;
      const transfer = [image.buffer];
      const answer = await slot.actor.ask<StillPipelineAnswer>(asked, { ...options, transfer });
      if ("cascades" in answer) this.#heard.set(`${slot.id}/${name}`, { name, cascades: answer.cascades });
      return answer;
    } finally {
      slot.guests--;
    }
  }

  /** What the steps of each pipeline have done, in all threads together. */
  get figures(): Record<string, Figures> {
    const sums: Record<string, Figures> = {};
    for (const { name, cascades } of this.#heard.values()) {
      const sum = sums[name] ??= {};
      for (const [step, figures] of Object.entries(cascades)) sum[step] = sumOf(sum[step], figures);
    }
    return sums;
  }

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

function sumOf(a: CascadeFigures | undefined, b: CascadeFigures): CascadeFigures {
  if (!a) return b;
  const { cache: cacheA, ...ownA } = a;
  const { cache: cacheB, ...ownB } = b;
  return { ...added(ownA, ownB), ...(cacheA && cacheB && { cache: added(cacheA, cacheB) }) };
}

function added<T extends object>(a: T, b: T): T {
  const entries = Object.entries(a).map(([key, value]) => [key, value + (b as Record<string, number>)[key]]);
  return Object.fromEntries(entries) as T;
}

import type { StreamRegistration } from "../core/stream.ts";
import type { ModelLease, ModelPool } from "../model_pool.ts";

/** A stream that can be run: its models are loaded. */
export interface ReadyStream {
  /** As it was asked for. */
  asked: StreamRegistration;
  /** The same with its models by their own names. */
  registration: StreamRegistration;
  models: ModelLease;
}

/** Loads a stream's models. They may be named by a path; from here on they go by their own names. */
export async function readyStream(asked: StreamRegistration, pool: ModelPool): Promise<ReadyStream> {
  const names = asked.pipeline.flatMap((step) => "model" in step ? [step.model as string] : []);
  const models = await pool.take(asked.id, names);
  const byName = new Map(names.map((name, n) => [name, models.setups[n].spec.name]));
  const pipeline = asked.pipeline.map((step) =>
    "model" in step ? { ...step, model: byName.get(step.model as string)! } : step
  );
  return { asked, registration: { ...asked, pipeline }, models };
}

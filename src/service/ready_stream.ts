import { ServiceError } from "../core/service_error.ts";
import type { StreamRegistration } from "../core/stream.ts";
import type { ModelLease, ModelPool } from "../model_pool.ts";
import { stepFaults, type StepModel } from "./step_faults.ts";

/** A stream that can be run: its models are loaded. */
export interface ReadyStream {
  /** As it was asked for. */
  asked: StreamRegistration;
  /** The same with its models by their own names. */
  registration: StreamRegistration;
  models: ModelLease;
}

/**
 * Loads a stream's models. They may be named by a path; from here on they go by their own names. Throws a `ServiceError`
 * when the steps cannot work together.
 */
export async function readyStream(asked: StreamRegistration, pool: ModelPool): Promise<ReadyStream> {
  const names = asked.pipeline.flatMap((step) => "model" in step ? [step.model as string] : []);
  const models = await pool.take(asked.id, names);
  const byName = new Map(names.map((name, n) => [name, models.setups[n].spec.name]));
  const pipeline = asked.pipeline.map((step) =>
    "model" in step ? { ...step, model: byName.get(step.model as string)! } : step
  );
  const faults = stepFaults(pipeline, models.setups.map((setup) => stepModel(setup, pool)));
  if (faults.length > 0) {
    models[Symbol.dispose]();
    const words = faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new ServiceError("invalid", `This pipeline cannot run: ${words}`, { faults });
  }
  return { asked, registration: { ...asked, pipeline }, models };
}

function stepModel({ key, spec }: ModelLease["setups"][number], pool: ModelPool): StepModel {
  const { graph } = pool.models.find(({ setup }) => setup.key === key) ?? {};
  const size = spec.task === "embed" && graph?.outputs.find(({ name }) => name === spec.outputs[0])?.dims?.[1];
  return { spec, ...(typeof size === "number" && { vectorSize: size }) };
}

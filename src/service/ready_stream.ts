import { ServiceError } from "../core/service_error.ts";
import type { PipelineStep, StreamRegistration } from "../core/stream.ts";
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

/** A pipeline that can be run: its models are loaded, and go by their own names. */
export interface ReadyPipeline {
  pipeline: PipelineStep[];
  models: ModelLease;
}

/**
 * Loads a stream's models. They may be named by a path; from here on they go by their own names. Throws a `ServiceError`
 * when the steps cannot work together.
 */
export async function readyStream(asked: StreamRegistration, pool: ModelPool): Promise<ReadyStream> {
  const { pipeline, models } = await readyPipeline(asked.id, asked.pipeline, pool);
  return { asked, registration: { ...asked, pipeline }, models };
}

/** Loads a pipeline's models for somebody; throws as {@link readyStream} does. */
export async function readyPipeline(
  user: string,
  steps: readonly PipelineStep[],
  pool: ModelPool,
): Promise<ReadyPipeline> {
  const names = modelsOf(steps);
  const models = await pool.take(user, names);
  const byName = new Map(names.map((name, n) => [name, models.setups[n].spec.name]));
  const pipeline = steps.map((step) => "model" in step ? { ...step, model: byName.get(step.model as string)! } : step);
  const faults = stepFaults(pipeline, models.setups.map((setup) => stepModel(setup, pool)));
  if (faults.length > 0) {
    models[Symbol.dispose]();
    const words = faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new ServiceError("invalid", `This pipeline cannot run: ${words}`, { faults });
  }
  return { pipeline, models };
}

/** The models of a pipeline by the names that its steps give them. */
export function modelsOf(steps: readonly PipelineStep[]): string[] {
  return steps.flatMap((step) => "model" in step ? [step.model as string] : []);
}

/** A model as the checks of a pipeline see it. */
export function stepModel({ key, spec }: ModelLease["setups"][number], pool: ModelPool): StepModel {
  const { graph } = pool.models.find(({ setup }) => setup.key === key) ?? {};
  const size = spec.task === "embed" && graph?.outputs.find(({ name }) => name === spec.outputs[0])?.dims?.[1];
  return { spec, ...(typeof size === "number" && { vectorSize: size }) };
}

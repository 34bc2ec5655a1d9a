import { didYouMean } from "../cli/suggest.ts";
import type { ModelSpec } from "../core/model.ts";
import type { FieldFault } from "../core/service_error.ts";
import type { CascadeOptions, PipelineStep } from "../core/stream.ts";
import { stepReference } from "../../streams/step_reference.ts";

/** A model as far as the steps around it must know it. */
export interface StepModel {
  spec: ModelSpec;
  /** Numbers of its feature vector, where it answers one and the file says how long. */
  vectorSize?: number;
}

interface Placed {
  name: string;
  model?: StepModel;
}

/** What of a pipeline cannot run together, now that it is known which models these are. */
export function stepFaults(pipeline: readonly PipelineStep[], models: readonly StepModel[]): FieldFault[] {
  const faults: FieldFault[] = [];
  const before: Placed[] = [];
  let n = 0;
  pipeline.forEach((step, index) => {
    const fault = (key: string, message: string) => faults.push({ path: `pipeline.${index}.${key}`, message });
    if (!("model" in step)) {
      before.push({ name: step.name as string | undefined ?? step.analyzer as string });
      return;
    }
    const model = models[n++];
    const name = step.name as string | undefined ?? model.spec.task;
    const namesake = before.findIndex((other) => other.model && other.name === name);
    if (namesake >= 0) fault("name", `step ${namesake} is called ${name} already: give this one a name`);
    const found = faultOf(step as CascadeOptions, model, before);
    if (found) fault(...found);
    before.push({ name, model });
  });
  return faults;
}

function faultOf(
  step: CascadeOptions,
  { spec }: StepModel,
  before: readonly Placed[],
): [key: string, message: string] | undefined {
  const { on } = step;
  const takesVectors = spec.input.layout === "vector";
  if (on === undefined) {
    if (!takesVectors) return undefined;
    return ["on", `${spec.name} takes feature vectors, not pictures: name the earlier step that has them`];
  }
  const names = before.map(({ name }) => name);
  const reference = stepReference(on, names);
  if (!reference) {
    const known = names.length > 0 ? `before it are ${names.join(", ")}` : "none comes before it";
    return ["on", `no earlier step is called ${on}: ${known}${didYouMean(on, names)}`];
  }
  const source = before.find(({ name }) => name === reference.step)!;
  if (!source.model) return ["on", `${source.name} is an analyzer: a model runs on what another model found`];
  return takesVectors ? vectorFault(step, spec, source.model, reference) : boxFault(spec, source.model, reference);
}

function boxFault(
  spec: ModelSpec,
  { spec: source }: StepModel,
  { step, label }: { step: string; label?: string },
): [string, string] | undefined {
  if (source.task !== "detect") {
    return ["on", `${spec.name} runs on boxes, and ${step} has none: its task is to ${source.task}`];
  }
  const { labels } = source;
  if (label === undefined || labels.length === 0 || labels.includes(label)) return undefined;
  const known = labels.length > 12
    ? `${labels.slice(0, 12).join(", ")} and ${labels.length - 12} more`
    : labels.join(", ");
  return ["on", `${step} finds nothing called ${label}: there are ${known}${didYouMean(label, labels)}`];
}

function vectorFault(
  step: CascadeOptions,
  spec: ModelSpec,
  { spec: source, vectorSize }: StepModel,
  { step: name, label }: { step: string; label?: string },
): [string, string] | undefined {
  if (source.task !== "embed") {
    return ["on", `${spec.name} takes feature vectors, and ${name} has none: its task is to ${source.task}`];
  }
  if (label !== undefined) return ["on", `feature vectors have no labels: write ${name}`];
  const { width } = spec.input;
  if (vectorSize !== undefined && vectorSize !== width) {
    return ["on", `${spec.name} takes vectors of ${width} numbers, and those of ${name} have ${vectorSize}`];
  }
  for (const key of ["margin", "minSize", "max", "everyNth"] as const) {
    if (step[key] !== undefined) return [key, `${key} is for what is cut out of pictures: set it at ${name}`];
  }
}

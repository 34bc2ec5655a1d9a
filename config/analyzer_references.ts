import { referencesIn, type StepReference } from "../src/analyzers/step_references.ts";
import { analyzers } from "../src/analyzers/registry.ts";
import { stepReference } from "../streams/step_reference.ts";
import { type AnyStep, possibleNames } from "./cascade_schema.ts";

/** What is wrong with the steps that analyzers look at, as far as it can be known before any model is loaded. */
export function analyzerFaults(steps: readonly AnyStep[]): { path: (string | number)[]; message: string }[] {
  return steps.flatMap((step, index) => {
    const plugin = analyzers.find(({ kind }) => kind === step.analyzer);
    const { analyzer: _analyzer, name: _name, ...options } = step as Record<string, unknown>;
    // Options that do not fit have been told of already.
    const parsed = plugin?.schema.safeParse(options);
    if (!parsed?.success) return [];
    const references = [...referencesIn(options), ...(plugin!.refersTo?.(parsed.data as never) ?? [])];
    const earlier = steps.slice(0, index).flatMap(possibleNames);
    const first = ({ to }: StepReference, n: number) => references.findIndex((other) => other.to === to) === n;
    return references.filter(first).filter(({ to }) => !stepReference(to, earlier)).map(({ to, path }) => {
      const later = stepReference(to, steps.slice(index).flatMap(possibleNames));
      const known = steps.slice(0, index).map(({ name, model, analyzer }) => name ?? analyzer ?? `that of ${model}`);
      const why = later ? `step ${later.step} does not come before this one` : `no step before is called ${to}`;
      const there = known.length > 0 ? `there are: ${known.join(", ")}` : "this is the first step";
      return { path: [index, ...path], message: `${why}; ${there}` };
    });
  });
}

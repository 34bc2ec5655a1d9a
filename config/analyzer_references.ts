import { analyzers } from "../src/analyzers/registry.ts";
import { referencesIn, type StepReference } from "../src/analyzers/step_references.ts";
import { stepReference } from "../streams/step_reference.ts";
import { type AnyStep, possibleNames } from "./cascade_schema.ts";

/** What is wrong with the steps that analyzers look at, as far as it can be known before any model is loaded. */
export function analyzerFaults(steps: readonly AnyStep[]): { path: (string | number)[]; message: string }[] {
  return steps.flatMap((step, index) => {
    const { plugin, options, parsed } = analyzerOf(step) ?? {};
    if (!plugin) return [];
    const references = [...referencesIn(options!), ...(plugin.refersTo?.(parsed as never) ?? [])];
    const seen = new Set<string>();
    return references.flatMap((reference) => {
      const message = faultOf(reference, steps, index);
      if (message === undefined || seen.has(message)) return [];
      seen.add(message);
      return [{ path: [index, ...reference.path], message }];
    });
  });
}

function faultOf({ to, key }: StepReference, steps: readonly AnyStep[], index: number): string | undefined {
  const before = steps.slice(0, index);
  const found = stepReference(to, before.flatMap(possibleNames));
  if (found) {
    const earlier = analyzerOf(before.findLast((one) => possibleNames(one).includes(found.step))!);
    const keys = earlier?.plugin.outputKeys?.(earlier.parsed as never);
    if (!keys || key === undefined || keys.includes(key)) return undefined;
    return `step ${found.step} says nothing of ${key}; it tells of: ${keys.join(", ")}`;
  }
  const later = stepReference(to, steps.slice(index).flatMap(possibleNames));
  const known = before.map(({ name, model, analyzer }) => name ?? analyzer ?? `that of ${model}`);
  const why = later ? `step ${later.step} does not come before this one` : `no step before is called ${to}`;
  return `${why}; ${known.length > 0 ? `there are: ${known.join(", ")}` : "this is the first step"}`;
}

/** An analyzer's step with its options; undefined for models, and where they do not fit, which is told elsewhere. */
function analyzerOf(step: AnyStep) {
  const { analyzer, name: _name, ...options } = step as Record<string, unknown>;
  const plugin = analyzers.find(({ kind }) => kind === analyzer);
  const parsed = plugin?.schema.safeParse(options);
  return parsed?.success ? { plugin: plugin!, options, parsed: parsed.data } : undefined;
}

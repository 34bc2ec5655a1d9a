import { isDeepStrictEqual } from "node:util";
import type { PipelineStep } from "../src/core/stream.ts";
import type { Step } from "./pipeline.ts";

/** A pipeline as it was asked for, and its steps ready to run. */
export interface MadePipeline {
  pipeline: readonly PipelineStep[];
  steps: readonly Step[];
}

/**
 * The new pipeline's steps, with those analyzers of the old one in it that are asked for in the same words, and what runs
 * on earlier steps with the same models, too: what they have counted and remember lives on.
 */
export function carriedOver(before: MadePipeline, after: MadePipeline): Step[] {
  const taken = new Set<number>();
  return after.steps.map((step, n) => {
    if ("input" in step) return step;
    const old = before.pipeline.findIndex((asked, m) => !taken.has(m) && isDeepStrictEqual(asked, after.pipeline[n]));
    // The same words may mean another file by now.
    if (old < 0 || scopeOf(before.steps[old]) !== scopeOf(step)) return step;
    taken.add(old);
    return before.steps[old];
  });
}

function scopeOf(step: Step): string | undefined {
  return "scope" in step ? step.scope : undefined;
}

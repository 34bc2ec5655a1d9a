import { z } from "zod";
import type { Analyzer } from "../core/analyzer.ts";
import { alert } from "./alert.ts";
import { classify } from "./classify.ts";
import { counter } from "./counter.ts";
import { drift } from "./drift.ts";
import { engagement } from "./engagement.ts";
import { heatmap } from "./heatmap.ts";
import { lines } from "./lines.ts";
import { motion } from "./motion.ts";
import { presence } from "./presence.ts";
import type { StepReference } from "./step_references.ts";
import { pulse } from "./pulse.ts";
import { track } from "./track.ts";
import { zones } from "./zones.ts";

/** A kind of analyzer: its options and how one is made. */
export interface AnalyzerPlugin {
  kind: string;
  describe: string;
  /** Its options, each described; examples go into its `.meta()`. */
  schema: z.ZodType;
  create(options: never): Analyzer;
  /** The keys of its output, where its options decide them. */
  outputKeys?(options: never): string[];
  /** Earlier steps that its options name, besides those in `on` and `of`. */
  refersTo?(options: never): StepReference[];
}

/** The analyzers there are; a new one is one file and one line here. */
export const analyzers: AnalyzerPlugin[] = [
  track,
  zones,
  lines,
  presence,
  classify,
  motion,
  heatmap,
  alert,
  engagement,
  drift,
  counter,
  pulse,
];

/** Makes an analyzer of the given kind; options are parsed here. */
export function analyzerNamed(kind: string, options: unknown): Analyzer {
  const plugin = analyzers.find((candidate) => candidate.kind === kind);
  if (!plugin) {
    const known = analyzers.map((candidate) => candidate.kind).join(", ");
    throw new RangeError(`There is no analyzer called ${kind}; there are: ${known}`);
  }
  const parsed = plugin.schema.safeParse(options);
  if (!parsed.success) throw new TypeError(`Cannot make the analyzer ${kind}: ${z.prettifyError(parsed.error)}`);
  return plugin.create(parsed.data as never);
}

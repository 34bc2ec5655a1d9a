import type { AnalyzerOutput, ModelOutput, ResultEnvelope } from "./results.ts";

/** Which detections and classes are asked for; what is absent does not restrict. */
export interface Wanted {
  labels?: ReadonlySet<string>;
  minScore?: number;
}

/** A result with only the detections and classes that are asked for; undefined when none is left. Other outputs stay. */
export function found(event: ResultEnvelope, { labels, minScore = -Infinity }: Wanted): ResultEnvelope | undefined {
  const keep = (thing: { label: string; score: number } | null) =>
    typeof thing?.score === "number" && thing.score >= minScore && (labels?.has(thing.label) ?? true);
  let count = 0;
  const outputs: Record<string, ModelOutput | AnalyzerOutput> = {};
  for (const [name, output] of Object.entries(event.outputs)) {
    const { detections, classes } = output as ModelOutput;
    if (!Array.isArray(detections) && !Array.isArray(classes)) {
      outputs[name] = output;
      continue;
    }
    const left = {
      ...(Array.isArray(detections) && { detections: detections.filter(keep) }),
      ...(Array.isArray(classes) && { classes: classes.filter(keep) }),
    };
    count += (left.detections?.length ?? 0) + (left.classes?.length ?? 0);
    outputs[name] = { ...output, ...left };
  }
  return count > 0 ? { ...event, outputs } : undefined;
}

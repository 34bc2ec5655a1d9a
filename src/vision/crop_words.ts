import { engagementLevel } from "../core/engagement.ts";
import type { CropOutput } from "../core/results.ts";

/** The most lines that are written on one crop. */
const LINES = 6;

/** What a model says of a crop, in lines short enough to be written on it. */
export function cropWords({ classes, heads }: CropOutput): string[] {
  const [best] = classes ?? [];
  const said = best ? [`${best.label} ${Math.round(best.score * 100)}%`] : [];
  for (const [name, { label, probabilities }] of Object.entries(heads ?? {})) {
    // Classes that nobody named are levels, which have names of their own.
    said.push(`${name} ${label.startsWith("class ") ? engagementLevel(probabilities).category : label}`);
  }
  return said.slice(0, LINES);
}

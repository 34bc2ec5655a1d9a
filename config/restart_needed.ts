import { isDeepStrictEqual } from "node:util";
import type { Config } from "./load.ts";

/** Sections, and keys of others, that are taken over while the server runs; everything else counts from its next start. */
const TAKEN_OVER: ReadonlySet<string> = new Set([
  "models",
  "streams",
  "predict",
  "inference.defaultModel",
  "capture.predict",
  "telemetry.level",
]);

/** What a configuration says differently from the running one and cannot be taken over, as `section.key`. */
export function restartNeeded(running: Config, said: Config): string[] {
  const sections = Object.keys(said) as (keyof Config)[];
  return sections.filter((section) => !TAKEN_OVER.has(section)).flatMap((section) => {
    const [before, after] = [running[section], said[section]] as Record<string, unknown>[];
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys]
      .filter((key) => !TAKEN_OVER.has(`${section}.${key}`) && !isDeepStrictEqual(before[key], after[key]))
      .map((key) => `${section}.${key}`);
  }).toSorted();
}

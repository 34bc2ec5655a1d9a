import type { z } from "zod";

/** One thing wrong with what was given, and where. */
export interface Fault {
  /** As one would write it: `pipeline[0].minScore`; empty for the whole. */
  path: string;
  message: string;
}

/** What was given does not fit the schema; says every place where it does not. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(what: string, readonly faults: readonly Fault[]) {
    const places = faults.map(({ path, message }) => path === "" ? message : `${path}: ${message}`);
    super(`${what}: ${places.join("; ")}`);
  }
}

/** Zod's findings by place; of a choice between shapes, those of the shape that was meant. */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue) => faults(issue, []));
}

type Issue = z.core.$ZodIssue;

function faults(issue: Issue, above: readonly PropertyKey[]): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const meant = issue.errors.reduce((best, candidate) => distance(candidate) < distance(best) ? candidate : best);
    return meant.flatMap((inner) => faults(inner, path));
  }
  return [{ path: pathText(path), message: issue.message }];
}

/** How far a shape is from what was given: a wrong or missing key at the top says that another shape was meant. */
function distance(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, { path, code }) => sum + (path.length === 0 ? 2 : 1) + (code === "invalid_type" ? 1 : 0),
    0,
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

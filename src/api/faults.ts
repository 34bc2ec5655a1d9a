import type { z } from "zod";
import { redactUrls } from "../core/redact.ts";
import type { FieldFault } from "../core/service_error.ts";

type Issue = z.core.$ZodIssue;

/** A request with more faults than this has been read as something that it is not. */
const MAX_FAULTS = 50;
const MAX_PATH = 200;
const MAX_MESSAGE = 500;

/** Zod's findings as a client reads them; of a choice between shapes, those of the shape that was meant. */
export function faultsOf(error: z.ZodError, value: unknown): FieldFault[] {
  const found = error.issues.flatMap((issue) => faults(issue, [], value));
  const more = found.length - MAX_FAULTS;
  return more > 0 ? [...found.slice(0, MAX_FAULTS), { path: "", message: `and ${more} more` }] : found;
}

function faults(issue: Issue, above: readonly PropertyKey[], root: unknown): FieldFault[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => fault([...path, key], "is not known here"));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const meant = issue.errors.reduce((best, candidate) => distance(candidate) < distance(best) ? candidate : best);
    return meant.flatMap((inner) => faults(inner, path, root));
  }
  if (issue.code === "invalid_type" && valueAt(root, path) === undefined) {
    return [fault(path, `is missing; expected ${issue.expected}`)];
  }
  return [fault(path, issue.message)];
}

function fault(path: readonly PropertyKey[], message: string): FieldFault {
  return { path: cut(path.map(String).join("."), MAX_PATH), message: cut(redactUrls(message), MAX_MESSAGE) };
}

/** How far a shape is from what was given: a wrong or missing key at the top says that another shape was meant. */
function distance(issues: readonly Issue[]): number {
  const one = ({ path, code }: Issue) => (path.length === 0 ? 2 : 1) + (code === "invalid_type" ? 1 : 0);
  return issues.reduce((sum, issue) => sum + one(issue), 0);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

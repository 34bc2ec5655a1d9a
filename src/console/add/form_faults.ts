import { type ProblemError, problemOf } from "../api/problem_error.ts";
import type { AddForm } from "./add_form.ts";
import { fieldOf } from "./registration.ts";

/** What the server found wrong with a form: at the fields it is about, and what is left to be told elsewhere. */
export interface FormFaults {
  fields: Partial<Record<keyof AddForm, string>>;
  /** Paths that stand at fields. */
  shown: readonly string[];
  /** Told as a whole, unless every fault stands at its field. */
  problem?: ProblemError;
}

/** Sorts out what a request was refused for. */
export function formFaults(thrown: unknown, form: AddForm): FormFaults {
  const problem = problemOf(thrown);
  const fields: FormFaults["fields"] = {};
  const shown: string[] = [];
  for (const { path, message } of problem.faults) {
    const field = fieldOf(path, form);
    if (field === undefined) continue;
    shown.push(path);
    fields[field] = fields[field] === undefined ? message : `${fields[field]}; ${message}`;
  }
  if (problem.code === "conflict" && shown.length === 0) return { fields: { name: problem.message }, shown };
  const told = problem.faults.length > 0 &&
    shown.length === problem.faults.length;
  return { fields, shown, ...(!told && { problem }) };
}

import { signal } from "@preact/signals";
import type { ModelView } from "../../core/services.ts";
import { call } from "../api/client.ts";

/** What the page needs to know of a model to offer it. */
export type ModelChoice = Pick<
  ModelView,
  "name" | "task" | "state" | "default" | "cause" | "adapter" | "labels"
>;

/** The models that can be chosen; undefined until the server has answered. */
export const modelChoices = signal<readonly ModelChoice[] | undefined>(undefined);

/** Asks which models there are; what was known stays when the server does not answer. */
export async function refreshModelChoices(): Promise<void> {
  try {
    modelChoices.value = (await call<{ models: ModelView[] }>("GET", "/api/v1/models")).models;
  } catch {
    modelChoices.value ??= [];
  }
}

/** The model to begin with: the server's own choice, or the first that works. */
export function firstModel(choices: readonly ModelChoice[] | undefined): string {
  return (choices?.find((choice) => choice.default) ??
    choices?.find((choice) => choice.state !== "failed" && takesPictures(choice)))?.name ?? "";
}

/** Models as options of a choice, after what stands for none. */
export function modelOptions(
  choices: readonly ModelChoice[] | undefined,
  { none, chosen }: {
    none?: string;
    /** Stays an option although the server does not know it (any more). */
    chosen?: string;
  },
): { value: string; text: string; disabled?: boolean }[] {
  const known = (choices ?? []).filter(takesPictures).map(({ name, task, state, cause }) => ({
    value: name,
    text: task === undefined ? name : `${name} (${task})`,
    ...((state === "failed" || (state === "unloaded" && cause !== undefined)) && { disabled: true }),
  }));
  const missing = chosen && !known.some(({ value }) => value === chosen) ? [{ value: chosen, text: chosen }] : [];
  return [...none === undefined ? [] : [{ value: "", text: none }], ...known, ...missing];
}

/** Heads read what other models say, and others signals. */
function takesPictures({ task }: ModelChoice): boolean {
  return task !== "head" && task !== "signal";
}

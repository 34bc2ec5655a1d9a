import type { Hints } from "./adapter.ts";
import { ModelError } from "./model_error.ts";

/** One of a manifest's options, if it is given; throws when it is none of the choices. */
export function optionOf<T extends string | boolean>(
  { options }: Hints,
  { name, choices }: { name: string; choices: readonly T[] },
): T | undefined {
  const value = options?.[name];
  if (value === undefined) return undefined;
  const choice = choices.find((choice) => choice === value);
  if (choice !== undefined) return choice;
  throw new ModelError(
    "manifest",
    `its manifest says options.${name}: ${String(value)}, which is none of ${choices.join(", ")}`,
  );
}

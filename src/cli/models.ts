import { ADAPTERS } from "../../models/registry.ts";
import { parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { inspect } from "./inspection.ts";
import { inspectionText } from "./inspection_text.ts";
import { addModel, removeModel, tryVersion, useModel } from "./models_change.ts";
import { type ModelsFlags, modelsHelp } from "./models_flags.ts";
import { listModels } from "./models_list.ts";
import { registryOf } from "./models_place.ts";
import { pullModels } from "./models_pull.ts";
import { print } from "./print.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

type Verb = (names: readonly string[], flags: ModelsFlags) => Promise<number>;

const VERBS: Readonly<Record<string, Verb>> = {
  list: listModels,
  add: addModel,
  inspect: inspectModels,
  pull: pullModels,
  use: useModel,
  try: tryVersion,
  rm: removeModel,
};

/** `weir models`. Answers the exit code. */
export async function modelsCommand(args: readonly string[]): Promise<number> {
  const help = modelsHelp(ADAPTERS);
  const parsed = parseFlags(help, args);
  if (parsed.help) {
    print(helpPage(help));
    return 0;
  }
  const { flags, positionals: [verb, ...names] } = parsed;
  const known = Object.keys(VERBS);
  if (verb === undefined) throw new UsageError(`weir models wants one of ${known.join(", ")}`);
  if (!Object.hasOwn(VERBS, verb)) {
    throw new UsageError(`Unknown verb ${verb} of weir models${didYouMean(verb, known)}`);
  }
  return await VERBS[verb](names, flags);
}

async function inspectModels(names: readonly string[], flags: ModelsFlags): Promise<number> {
  if (names.length === 0) throw new UsageError("weir models inspect wants a model: weir models inspect some.onnx");
  let usable = true;
  for (const [i, name] of names.entries()) {
    const inspection = await inspect(name, registryOf(flags));
    usable &&= inspection.usable;
    if (flags.json) print(JSON.stringify({ v: 1, ...inspection }));
    else if (flags.manifest) print(inspection.manifest ?? `# ${inspection.error?.message}`);
    else print(`${i > 0 ? "\n" : ""}${inspectionText(inspection)}`);
  }
  return usable ? 0 : 1;
}

import { listBuiltinModels } from "../../models/builtin_models.ts";
import { ADAPTERS } from "../../models/registry.ts";
import { type Command, parseFlags } from "./flags.ts";
import { formatBytes } from "./format.ts";
import { helpPage, table } from "./help.ts";
import { inspect } from "./inspection.ts";
import { inspectionText } from "./inspection_text.ts";
import { print } from "./print.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS = {
  json: { type: "boolean", description: "as JSON, for tools" },
  manifest: { type: "boolean", description: "print a manifest to start from, and nothing else" },
} as const;

const modelsHelp: Command<typeof FLAGS> = {
  name: "models",
  summary: "looks into models: inputs, outputs, metadata, the adapter Weir would use and why",
  usage: "inspect MODEL… [options]  |  list [--json]",
  flags: FLAGS,
  notes: [
    ["Adapters", table(ADAPTERS.map(({ name, describe }) => [name, describe])).map((line) => line.slice(2))],
    ["Manifests", [
      "What a file does not tell, or tells wrongly, a manifest beside it says: for some.onnx in some.weir.yaml",
      "(or .json). weir models inspect some.onnx --manifest prints one to start from.",
    ]],
    ["Exit codes", ["0  every model can be used", "1  one cannot; its reason is told"]],
  ],
  examples: [
    ["weir models inspect yolo11n.onnx", "how Weir would use the file"],
    ["weir models inspect odd.onnx --manifest > odd.weir.yaml", "a manifest to fill in"],
    ["weir models inspect *.onnx --json | jq -r 'select(.usable | not) | .error.message'", "why some are refused"],
    ["weir models list", "the models that come with Weir"],
  ],
};

/** `weir models`. Answers the exit code. */
export async function modelsCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals: [verb, ...names], help } = parseFlags(modelsHelp, args);
  if (help) {
    print(helpPage(modelsHelp));
    return 0;
  }
  if (verb === "list") {
    if (names.length > 0) throw new UsageError("weir models list takes no names");
    await list(flags.json ?? false);
    return 0;
  }
  if (verb !== "inspect") {
    const what = verb === undefined ? "weir models wants inspect or list" : `Unknown verb ${verb} of weir models`;
    throw new UsageError(`${what}${verb === undefined ? "" : didYouMean(verb, ["inspect", "list"])}`);
  }
  if (names.length === 0) throw new UsageError("weir models inspect wants a model: weir models inspect some.onnx");
  let usable = true;
  for (const [i, name] of names.entries()) {
    const inspection = await inspect(name);
    usable &&= inspection.usable;
    if (flags.json) print(JSON.stringify({ v: 1, ...inspection }));
    else if (flags.manifest) print(inspection.manifest ?? `# ${inspection.error?.message}`);
    else print(`${i > 0 ? "\n" : ""}${inspectionText(inspection)}`);
  }
  return usable ? 0 : 1;
}

async function list(json: boolean): Promise<void> {
  const models = await listBuiltinModels();
  if (json) return print(JSON.stringify({ v: 1, models }));
  const rows = models.map(({ name, task, licence, file, card }): [string, string] => [
    name,
    `${task}, ${licence}, ${formatBytes(Deno.statSync(file).size)}, described in ${card}`,
  ]);
  print(rows.length > 0 ? table(rows).join("\n") : "No models come with this build.");
}

import { listBuiltinModels } from "../../models/builtin_models.ts";
import type { RegisteredModel } from "../../models/registered_model.ts";
import { isRestrictive, readZoo } from "../../models/zoo.ts";
import { formatBytes } from "./format.ts";
import { table } from "./help.ts";
import type { ModelsFlags } from "./models_flags.ts";
import { registryOf } from "./models_place.ts";
import { complain, print } from "./print.ts";
import { UsageError } from "./usage_error.ts";
import { zooSettings } from "./zoo_settings.ts";

/** `weir models list`. Answers the exit code. */
export async function listModels(names: readonly string[], flags: ModelsFlags): Promise<number> {
  if (names.length > 0) throw new UsageError("weir models list takes no names");
  if (flags.zoo) return await listZoo(flags);
  const builtIn = await listBuiltinModels();
  const { models: registry, faults } = await registryOf(flags).list();
  for (const fault of faults) complain(`weir: ${fault}`);
  if (flags.json) {
    print(JSON.stringify({ v: 1, models: builtIn, registry }));
    return 0;
  }
  if (registry.length > 0) print(["Added:", ...table(registry.map(addedRow))].join("\n"));
  const rows = builtIn.map(({ name, task, licence, file, use, card }): [string, string] => [
    name,
    `${task}, ${licence}, ${sizeOf(file)}, ${use === undefined ? "" : `${use}; `}described in ${card}`,
  ]);
  if (rows.length === 0) print("No models come with this build.");
  else print([...(registry.length > 0 ? ["", "Built in:"] : []), ...table(rows)].join("\n"));
  return 0;
}

async function listZoo(flags: ModelsFlags): Promise<number> {
  const { list } = await zooSettings(flags);
  const zoo = await readZoo(list);
  const { models } = await registryOf(flags).list();
  if (flags.json) {
    print(JSON.stringify({ v: 1, zoo: zoo.map((model) => ({ ...model, restrictive: isRestrictive(model.licence) })) }));
    return 0;
  }
  // Many have the same to say: it is said once, below.
  const notes = [...new Set(zoo.flatMap(({ note }) => note ?? []))];
  const rows = zoo.map(({ name, describe, task, licence, bytes, sha256, note }): [string, string] => {
    const here = models.find(({ versions }) => versions.some((version) => version.sha256 === sha256));
    const said = [`${describe}.`, `${task}, ${licence}, ${formatBytes(bytes)}`];
    if (isRestrictive(licence)) said.push("(to be accepted)");
    if (here) said.push(`— here as ${here.name}`);
    if (note !== undefined) said.push(`[${notes.indexOf(note) + 1}]`);
    return [name, said.join(" ")];
  });
  const below = table(notes.map((note, index): [string, string] => [`[${index + 1}]`, `${note}.`]));
  print([...table(rows), ...(below.length > 0 ? ["", ...below] : [])].join("\n"));
  return 0;
}

function addedRow({ name, active, canary, shadow, versions }: RegisteredModel): [string, string] {
  const { manifest: { task, licence } } = versions.find(({ version }) => version === active)!;
  const shown = versions.map(({ version, bytes }) => {
    const role = version === active
      ? "active"
      : version === canary?.version
      ? `canary of ${Math.round(canary.share * 1000) / 10} %`
      : version === shadow?.version
      ? "shadow"
      : undefined;
    return `${version} (${role ? `${role}, ` : ""}${formatBytes(bytes)})`;
  });
  return [name, `${[task, licence].filter((part) => part !== undefined).join(", ")}; versions ${shown.join(", ")}`];
}

function sizeOf(file: string): string {
  try {
    return formatBytes(Deno.statSync(file).size);
  } catch {
    return "its file is missing";
  }
}

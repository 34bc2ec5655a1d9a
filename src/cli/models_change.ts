import { basename } from "node:path";
import { admitModel } from "../../models/admission.ts";
import { givenLabels as listed } from "../../models/labels.ts";
import { readLabels } from "../../models/labels_file.ts";
import { ModelError } from "../../models/model_error.ts";
import { parseReference } from "../../models/registered_model.ts";
import { activated, type FoundModel } from "../../models/registry_store.ts";
import { DataLock } from "../store/data_lock.ts";
import { withTrial } from "../../models/with_trial.ts";
import type { ModelsFlags } from "./models_flags.ts";
import { dataDirOf, registryOf } from "./models_place.ts";
import { print } from "./print.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const CHUNK = 1 << 20;

/** `weir models add`. Answers the exit code. */
export async function addModel(files: readonly string[], flags: ModelsFlags): Promise<number> {
  if (files.length !== 1) {
    throw new UsageError("weir models add wants one file: weir models add some.onnx --name people");
  }
  const [path] = files;
  const { spec, manifest } = await admitModel(path, await givenLabels(flags));
  await tryModel(path);
  const registry = registryOf(flags);
  await using file = await registry.receive(basename(path));
  using source = await Deno.open(path);
  const chunk = new Uint8Array(CHUNK);
  for (let got; (got = await source.read(chunk)) !== null;) await file.write(chunk.subarray(0, got));
  if (await file.finish() !== spec.sha256) throw new ModelError("checksum", `${path} has changed while it was read`);
  const added = await registry.add(file, {
    name: flags.name ?? spec.name,
    version: flags.version ?? spec.version,
    activate: flags.use,
    from: basename(path),
    manifest,
  });
  print(addedText(added));
  return 0;
}

/** What `--labels` says of a model that is added. */
export async function givenLabels({ labels }: ModelsFlags): Promise<{ labels?: string[] }> {
  if (labels === undefined) return {};
  return { labels: [...listed({ labels }) ?? await readLabels(labels)] };
}

/** `weir models use`. Answers the exit code. */
export async function useModel(references: readonly string[], flags: ModelsFlags): Promise<number> {
  const reference = references.length === 1 ? parseReference(references[0]) : undefined;
  if (reference?.version === undefined) {
    throw new UsageError("weir models use wants one version: weir models use people@2");
  }
  const { name, version } = reference;
  const registry = registryOf(flags);
  await known(name, flags);
  await registry.find(`${name}@${version}`);
  const { previous, active } = await registry.update(name, (model) => activated(model, version));
  const back = previous === undefined ? "" : ` (weir models use ${name}@${previous} goes back)`;
  print(`${name} means ${name}@${active}${back}. A server that runs here follows at once.`);
  return 0;
}

/** `weir models try`. Answers the exit code. */
export async function tryVersion(references: readonly string[], flags: ModelsFlags): Promise<number> {
  const reference = references.length === 1 ? parseReference(references[0]) : undefined;
  if (!reference || (reference.version === undefined) !== (flags.end ?? false)) {
    throw new UsageError("weir models try wants one version, weir models try people@3; or a name and --end");
  }
  const { name, version } = reference;
  const { share } = flags;
  const registry = registryOf(flags);
  await known(name, flags);
  await registry.update(name, (model) => {
    if (version === undefined) return withTrial(withTrial(model, "canary", null), "shadow", null);
    return share === undefined
      ? withTrial(model, "shadow", { version })
      : withTrial(model, "canary", { version, share });
  });
  const what = version === undefined
    ? `No version of ${name} is tried any more.`
    : share === undefined
    ? `${name}@${version} runs beside ${name} and is compared.`
    : `${name}@${version} answers a share of ${share} of ${name}'s frames.`;
  print(`${what} A server that runs here follows at once.`);
  return 0;
}

/** `weir models rm`. Answers the exit code. */
export async function removeModel(references: readonly string[], flags: ModelsFlags): Promise<number> {
  const reference = references.length === 1 ? parseReference(references[0]) : undefined;
  if (!reference) throw new UsageError("weir models rm wants one model: weir models rm people, or people@2");
  const { name, version } = reference;
  await known(name, flags);
  const dataDir = dataDirOf(flags);
  let lock: DataLock;
  try {
    lock = await DataLock.take(dataDir, { patienceMs: 0 });
  } catch (error) {
    // Only it knows which streams use the model.
    throw new Error(
      `Cannot remove ${references[0]}: a server works in ${dataDir}; ask it: DELETE /api/v1/models/${references[0]}`,
      { cause: error },
    );
  }
  using _ = lock;
  await registryOf(flags).remove(name, version);
  print(`${references[0]} is gone.`);
  return 0;
}

/** What was added, for who added it. */
export function addedText({ model: { name, active }, version: { version } }: FoundModel): string {
  const rest = active === version
    ? `is what ${name} means now`
    : `is added; weir models use ${name}@${version} puts it in force`;
  return `${name}@${version} ${rest}.`;
}

/** Opens a model as a stream would; what ONNX Runtime refuses is not kept. */
export async function tryModel(path: string): Promise<void> {
  const { openModel } = await import("../../models/onnx.ts");
  const model = await openModel(path, { device: "cpu", threads: 1 });
  await model.close();
}

async function known(name: string, flags: ModelsFlags): Promise<void> {
  const { models } = await registryOf(flags).list();
  const names = models.map((model) => model.name);
  if (names.includes(name)) return;
  const listed = names.length === 0 ? "there is none yet" : `there are ${names.join(", ")}`;
  throw new Error(`There is no model called ${name} in the registry: ${listed}${didYouMean(name, names)}`);
}

import { type Admission, admitModel } from "./admission.ts";
import { download, type DownloadOptions } from "./download.ts";
import { ModelError } from "./model_error.ts";
import type { FoundModel, RegistryStore } from "./registry_store.ts";
import { addressOf, type ZooModel } from "./zoo.ts";

/** How a model of the zoo comes into the registry. */
export interface PullOptions extends DownloadOptions {
  registry: RegistryStore;
  mirror?: string;
  /** What it is to be called; default its name in the zoo. */
  name?: string;
  version?: string;
  /** Names of its classes, in the place of those in the zoo. */
  labels?: string[];
  activate?: boolean;
  /** Runs it once before it is kept; rejects with the reason when it cannot run. */
  attempt(admission: Admission): Promise<void>;
}

/** Fetches a model of the zoo and adds it; nothing is kept of one that is not what was published, or cannot be used. */
export async function pullModel(model: ZooModel, options: PullOptions): Promise<FoundModel> {
  const { registry, mirror, name = model.name, version, labels, activate } = options;
  const { bytes, sha256 } = model;
  const url = addressOf(model, mirror);
  const path = await registry.partialOf(sha256);
  await download({ url, bytes, sha256, path }, options);
  const shown = new URL(url).pathname.split("/").at(-1)!;
  try {
    const admission = await admitModel(path, { licence: model.licence, ...model.manifest, ...(labels && { labels }) });
    if (admission.spec.adapter !== model.adapter) {
      const why = `the adapter ${admission.spec.adapter} recognises it, and the zoo says ${model.adapter}`;
      throw new ModelError("unrecognised", `Cannot use ${shown}: ${why}`);
    }
    await options.attempt(admission);
    const file = {
      bytes,
      finish: () => Promise.resolve(sha256),
      moveTo: (to: string) => Deno.rename(path, to),
    };
    const { manifest } = admission;
    return await registry.add(file, { name, version, activate, from: `zoo: ${model.name}`, manifest });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, error.message.replaceAll(path, shown), { cause: error });
  } finally {
    // Where the registry has it, it has moved; else it is of no use.
    await Deno.remove(path).catch(() => {});
  }
}

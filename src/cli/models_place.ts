import { join, resolve } from "node:path";
import { directories } from "../../config/directories.ts";
import { RegistryStore } from "../../models/registry_store.ts";

/** The data directory in force. */
export function dataDirOf(flags: { "data-dir"?: string }): string {
  return resolve(flags["data-dir"] ?? directories().data);
}

/** The models that were added there. */
export function registryOf(flags: { "data-dir"?: string } = {}): RegistryStore {
  return new RegistryStore(join(dataDirOf(flags), "models"));
}

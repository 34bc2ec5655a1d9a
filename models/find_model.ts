import { statSync } from "node:fs";
import { didYouMean } from "../src/core/suggest.ts";
import { type BuiltinModel, listBuiltinModels } from "./builtin_models.ts";
import { ModelError } from "./model_error.ts";
import type { FoundModel, RegistryStore } from "./registry_store.ts";

/** Where a model was found. */
export type ModelOrigin =
  | { kind: "path" }
  | { kind: "registry"; name: string; version: string; pinned: boolean }
  | { kind: "builtIn"; name: string };

/** A model's file, and what is known of it besides. */
export interface FoundFile {
  file: string;
  origin: ModelOrigin;
  registered?: FoundModel;
  builtin?: BuiltinModel;
}

/**
 * The model of that name, in this order: a file of that path, a model of the registry (`name`, or `name@version`), a
 * built-in one. Throws when there is none.
 */
export async function findModel(nameOrPath: string, registry?: RegistryStore): Promise<FoundFile> {
  const there = statSync(nameOrPath, { throwIfNoEntry: false });
  if (there?.isFile()) return { file: nameOrPath, origin: { kind: "path" } };
  const registered = await registry?.find(nameOrPath);
  if (registered) {
    const { model: { name }, version: { version }, pinned, file } = registered;
    return { file, origin: { kind: "registry", name, version, pinned }, registered };
  }
  const builtins = await listBuiltinModels();
  const builtin = builtins.find(({ name }) => name === nameOrPath);
  if (builtin) return { file: builtin.file, origin: { kind: "builtIn", name: builtin.name }, builtin };
  // What is there and no file says itself what is wrong with it.
  if (there) return { file: nameOrPath, origin: { kind: "path" } };
  throw await unknown(nameOrPath, { registry, builtins });
}

async function unknown(
  nameOrPath: string,
  { registry, builtins }: { registry?: RegistryStore; builtins: readonly BuiltinModel[] },
): Promise<ModelError> {
  const added = (await registry?.list())?.models.map(({ name }) => name) ?? [];
  const builtIn = builtins.map(({ name }) => name);
  const near = statSync(`${nameOrPath}.onnx`, { throwIfNoEntry: false })
    ? `; did you mean ${nameOrPath}.onnx?`
    : didYouMean(nameOrPath, [...added, ...builtIn]);
  const listed = `built in: ${builtIn.join(", ") || "none"}`;
  const why = registry
    ? `there is no such file, and no model of that name in the registry (${added.join(", ") || "none"}; ${listed})`
    : `there is no such file and no built-in model of that name (${listed})`;
  return new ModelError(
    "not_found",
    `Cannot find model ${nameOrPath}: ${why}${near}`,
  );
}

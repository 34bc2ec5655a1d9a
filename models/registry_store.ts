import { existsSync } from "node:fs";
import { join } from "node:path";
import { listBuiltinModels } from "./builtin_models.ts";
import { cannotKeep, IncomingFile } from "./incoming_file.ts";
import type { Manifest } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";
import {
  modelNameSchema,
  type ModelVersion,
  modelVersionSchema,
  parseReference,
  type RegisteredModel,
  registeredModelSchema,
} from "./registered_model.ts";
import { withFileLock } from "./with_file_lock.ts";

/** How a file is taken into the registry. */
export interface AddOptions {
  name: string;
  /** Default the lowest whole number that is free. */
  version?: string;
  /** Makes it the active version; the first one is active anyway. */
  activate?: boolean;
  from: string;
  manifest: Manifest;
}

/** A file that lies ready, and what is known of it. */
export interface ArrivedFile {
  readonly bytes: number;
  /** Makes sure that it is whole; answers its SHA-256. */
  finish(): Promise<string>;
  moveTo(path: string): Promise<void>;
}

/** What a reference means. */
export interface FoundModel {
  model: RegisteredModel;
  version: ModelVersion;
  /** The reference named the version itself. */
  pinned: boolean;
  /** Path of the file. */
  file: string;
}

/** A file that broke off is kept no longer than this, for it to go on. */
const PARTIAL_KEPT_MS = 7 * 86_400_000;
/** An upload that nobody has written to for so long has nobody any more. */
const UPLOAD_KEPT_MS = 10 * 60_000;

/**
 * The models that were added, in a folder that several processes may use at once: files by what is in them, and for each
 * name one small file that tells its versions. What is complete takes its name in one step, so a process that dies at any
 * moment leaves the registry as it was, or as it was to be.
 */
export class RegistryStore {
  #files: string;
  #entries: string;
  #partial: string;

  constructor(readonly directory: string) {
    this.#files = join(directory, "files");
    this.#entries = join(directory, "entries");
    this.#partial = join(directory, "partial");
  }

  /** All models by name, and what is wrong with those that cannot be read. */
  async list(): Promise<{ models: RegisteredModel[]; faults: string[] }> {
    const models: RegisteredModel[] = [];
    const faults: string[] = [];
    for (const name of await this.#names()) {
      try {
        const model = await this.get(name);
        if (model) models.push(model);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    return { models, faults };
  }

  /** The model of that name. */
  async get(name: string): Promise<RegisteredModel | undefined> {
    if (!modelNameSchema.safeParse(name).success) return undefined;
    const path = this.#entry(name);
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
      throw new ModelError("unreadable", `Cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
    try {
      return registeredModelSchema.parse(JSON.parse(text));
    } catch (error) {
      const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
      throw new ModelError("unreadable", `Cannot read ${path}: it is damaged (${why})`, { cause: error });
    }
  }

  /** What `name` or `name@version` means; undefined where it means nothing here. */
  async find(reference: string): Promise<FoundModel | undefined> {
    const parsed = parseReference(reference);
    const model = parsed && await this.get(parsed.name);
    if (!model) return undefined;
    const wanted = parsed.version ?? model.active;
    const version = model.versions.find((one) => one.version === wanted);
    if (!version) {
      const there = model.versions.map((one) => one.version).join(", ");
      throw new ModelError("not_found", `There is no version ${wanted} of ${model.name}; there are: ${there}`);
    }
    return { model, version, pinned: parsed.version !== undefined, file: this.fileOf(version) };
  }

  /** Where a version's file lies. */
  fileOf({ sha256 }: Pick<ModelVersion, "sha256">): string {
    return join(this.#files, `${sha256}.onnx`);
  }

  /** Where a download of such a file may lie until it is complete. */
  async partialOf(sha256: string): Promise<string> {
    await this.#makeFolders();
    return join(this.#partial, `${sha256}.part`);
  }

  /** Begins to take a file in; it is part of the registry once it was added. */
  async receive(shown: string): Promise<IncomingFile> {
    try {
      await this.#makeFolders();
      return await IncomingFile.open(this.#partial, shown);
    } catch (error) {
      throw cannotKeep(shown, error);
    }
  }

  /** A file that is complete already and is moved, not copied. */
  async add(file: ArrivedFile, options: AddOptions): Promise<FoundModel> {
    const sha256 = await file.finish();
    const name = valid(modelNameSchema, options.name, "name");
    if (options.version !== undefined) valid(modelVersionSchema, options.version, "version");
    if ((await listBuiltinModels()).some((builtin) => builtin.name === name)) {
      throw new ModelError("conflict", `Cannot call a model ${name}: the one that comes with Weir is called so`);
    }
    return await this.#changing(async () => {
      const before = await this.get(name);
      const twin = before ? undefined : (await this.#names()).find((one) => one.toLowerCase() === name.toLowerCase());
      // Names are files' names, and not every disk tells letters apart by their case.
      if (twin) throw new ModelError("conflict", `Cannot call a model ${name}: there is one called ${twin} already`);
      const same = before?.versions.find((one) =>
        one.sha256 === sha256 && JSON.stringify(one.manifest) === JSON.stringify(options.manifest) &&
        (options.version === undefined || options.version === one.version)
      );
      const version = same?.version ?? options.version ?? nextVersion(before);
      if (!same && before?.versions.some((one) => one.version === version)) {
        throw new ModelError("conflict", `${name} has a version ${version} already; versions are never overwritten`);
      }
      const path = join(this.#files, `${sha256}.onnx`);
      if (!existsSync(path)) await file.moveTo(path);
      await settled(this.#files);
      const entry: ModelVersion = same ?? {
        version,
        sha256,
        bytes: file.bytes,
        addedAt: new Date().toISOString(),
        from: options.from,
        manifest: options.manifest,
      };
      const after: RegisteredModel = before
        ? { ...before, versions: same ? before.versions : [...before.versions, entry] }
        : { v: 1, name, active: version, versions: [entry] };
      const model = options.activate ? activated(after, version) : after;
      await this.#write(model);
      await this.#sweep();
      return { model, version: entry, pinned: true, file: path };
    });
  }

  /** Changes what is said of a model, in one step; `change` throws where it cannot be. */
  async update(name: string, change: (model: RegisteredModel) => RegisteredModel): Promise<RegisteredModel> {
    return await this.#changing(async () => {
      const model = await this.get(name);
      if (!model) throw new ModelError("not_found", `There is no model called ${name} in the registry`);
      const changed = registeredModelSchema.parse(change(model));
      await this.#write(changed);
      return changed;
    });
  }

  /** Forgets a model, or one version of it that is not in force. */
  async remove(name: string, version?: string): Promise<void> {
    await this.#changing(async () => {
      const model = await this.get(name);
      if (!model) throw new ModelError("not_found", `There is no model called ${name} in the registry`);
      if (version === undefined || (model.versions.length === 1 && model.active === version)) {
        await Deno.remove(this.#entry(name));
      } else await this.#write(withoutVersion(model, version));
      await settled(this.#entries);
      await this.#sweep();
    });
  }

  /** Takes away what processes that died left behind. */
  async tidy(): Promise<void> {
    await this.#changing(() => this.#sweep());
  }

  /** Changes whenever something in the registry does. */
  async stamp(): Promise<string> {
    const { mtime, ino } = await Deno.stat(this.#entries).catch(() => ({ mtime: null, ino: null }));
    return `${mtime?.getTime()}:${ino}`;
  }

  #entry(name: string): string {
    return join(this.#entries, `${name}.json`);
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(this.#entries)) {
        if (name.endsWith(".json") && !name.startsWith(".")) names.push(name.slice(0, -5));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names.sort();
  }

  async #makeFolders(): Promise<void> {
    for (const folder of [this.#files, this.#entries, this.#partial]) {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    }
  }

  async #changing<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.#makeFolders();
      return await withFileLock(join(this.directory, "registry.lock"), work);
    } catch (error) {
      throw cannotKeep(`a change of the models in ${this.directory}`, error);
    }
  }

  /** The new text takes the place of the old one in one step, and is on the disk before it does. */
  async #write(model: RegisteredModel): Promise<void> {
    const path = this.#entry(model.name);
    const fresh = join(this.#entries, `.${model.name}.${Deno.pid}.new`);
    {
      using file = await Deno.open(fresh, { write: true, create: true, truncate: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(`${JSON.stringify(model, null, 1)}\n`);
      for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
      await file.sync();
    }
    await Deno.rename(fresh, path);
    await settled(this.#entries);
  }

  /** Takes away what a process that died left behind, and files that no version names any more. */
  async #sweep(): Promise<void> {
    const { models, faults } = await this.list();
    // What a damaged entry names is not known, so nothing is taken away.
    if (faults.length > 0) return;
    const named = new Set(models.flatMap(({ versions }) => versions.map(({ sha256 }) => `${sha256}.onnx`)));
    for await (const { name } of Deno.readDir(this.#files)) {
      if (!named.has(name)) await Deno.remove(join(this.#files, name)).catch(() => {});
    }
    for await (const { name } of Deno.readDir(this.#entries)) {
      if (name.startsWith(".")) await Deno.remove(join(this.#entries, name)).catch(() => {});
    }
    for await (const { name, isDirectory } of Deno.readDir(this.#partial)) {
      const path = join(this.#partial, name);
      const idleMs = Date.now() - await lastWritten(path);
      if (idleMs > (isDirectory ? UPLOAD_KEPT_MS : PARTIAL_KEPT_MS)) {
        await Deno.remove(path, { recursive: true }).catch(() => {});
      }
    }
  }
}

/** The model with another version in force; the one before it is remembered. */
export function activated(model: RegisteredModel, version: string): RegisteredModel {
  if (model.active === version) return model;
  const { canary, shadow, ...rest } = model;
  return {
    ...rest,
    previous: model.active,
    active: version,
    // A version is not compared with itself.
    ...(canary && canary.version !== version && { canary }),
    ...(shadow && shadow.version !== version && { shadow }),
  };
}

function withoutVersion(model: RegisteredModel, version: string): RegisteredModel {
  const { name, active, canary, shadow, previous, versions } = model;
  if (!versions.some((one) => one.version === version)) {
    const there = versions.map((one) => one.version).join(", ");
    throw new ModelError("not_found", `There is no version ${version} of ${name}; there are: ${there}`);
  }
  const role = version === active
    ? "the active version: make another one active first"
    : version === canary?.version
    ? "its canary: end that first"
    : version === shadow?.version
    ? "its shadow: end that first"
    : undefined;
  if (role) throw new ModelError("conflict", `Cannot remove ${name}@${version}: it is ${role}`);
  const { previous: _, ...rest } = model;
  return {
    ...rest,
    ...(previous !== undefined && previous !== version && { previous }),
    versions: versions.filter((one) => one.version !== version),
  };
}

function nextVersion(model: RegisteredModel | undefined): string {
  const taken = new Set(model?.versions.map(({ version }) => version));
  let next = 1;
  while (taken.has(String(next))) next++;
  return String(next);
}

function valid(schema: typeof modelNameSchema, value: string, what: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ModelError(
    "manifest",
    `Cannot use "${value.slice(0, 80)}" as a model's ${what}: ${parsed.error.issues[0].message}`,
  );
}

async function lastWritten(path: string): Promise<number> {
  let latest = 0;
  const look = async (path: string) => {
    const { mtime, isDirectory } = await Deno.stat(path);
    latest = Math.max(latest, mtime?.getTime() ?? 0);
    if (isDirectory) { for await (const { name } of Deno.readDir(path)) await look(join(path, name)); }
  };
  // What goes meanwhile needs no sweeping.
  await look(path).catch(() => latest = Date.now());
  return latest;
}

/** A rename lasts only once its folder is on the disk, too. Not every system lets folders be synced. */
async function settled(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder, { read: true });
    await handle.sync();
  } catch {
    return;
  }
}

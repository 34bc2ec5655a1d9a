import { basename } from "node:path";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type {
  ModelAddition,
  ModelChange,
  ModelInspection,
  ModelRegistryService,
  ModelUpload,
  ZooRequest,
  ZooView,
} from "../core/model_registry.ts";
import type { ModelView } from "../core/services.ts";
import { type Admission, admitModel } from "../../models/admission.ts";
import { fileBytes } from "../../models/file_bytes.ts";
import type { IncomingFile } from "../../models/incoming_file.ts";
import { givenLabels, KNOWN_LABELS } from "../../models/labels.ts";
import { examineModel } from "../../models/manifest.ts";
import { type Manifest, manifestSchema } from "../../models/manifest_schema.ts";
import { ModelError } from "../../models/model_error.ts";
import { modelNameOf, parseGraphInfo } from "../../models/onnx_metadata.ts";
import { pullModel } from "../../models/pull_model.ts";
import { modelNameSchema, parseReference, type RegisteredModel } from "../../models/registered_model.ts";
import { activated, type RegistryStore } from "../../models/registry_store.ts";
import { withTrial } from "../../models/with_trial.ts";
import { isRestrictive, readZoo, zooModel } from "../../models/zoo.ts";
import type { Weir } from "../app.ts";
import type { ModelDownloads } from "./model_downloads.ts";
import { refusedModel } from "./model_faults.ts";
import { about, portOf } from "./model_views.ts";
import type { ServerModels } from "./models.ts";
import { RegistryWatch } from "./registry_watch.ts";

/** What the registry of a server stands on. */
export interface ServerRegistryOptions {
  weir: Weir;
  models: ServerModels;
  registry: RegistryStore;
  downloads: ModelDownloads;
  zoo: {
    /** A list of one's own in the place of the one that comes with Weir. */
    list?: string;
    mirror?: string;
  };
  /** Throws where an address may not be contacted. */
  checkAddress(url: URL): Promise<void>;
  /** Told of what could not be taken over from another process, for whoever runs the server. */
  onFault(message: string): void;
}

/** Files that may be on their way in at once: each takes its place on the disk. */
const UPLOADS_MAX = 4;
const RETRY_MS = 5_000;

/** The models that people bring to a server. */
export class ServerRegistry implements ModelRegistryService, AsyncDisposable {
  #uploads = 0;
  #watch: RegistryWatch;
  #tidied: Promise<void>;

  constructor(private readonly options: ServerRegistryOptions) {
    const { weir, registry, onFault } = options;
    const tell = (error: unknown) => onFault(redactUrls(error instanceof Error ? error.message : String(error)));
    this.#watch = new RegistryWatch({
      registry,
      onFault: tell,
      // Of one that was taken away, what runs stays.
      changed: async (name) => void (await registry.get(name) && await weir.renewModel(name)),
    });
    this.#tidied = registry.tidy().catch(tell);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tidied;
    await this.#watch[Symbol.asyncDispose]();
  }

  async receive(shown: string): Promise<ModelUpload> {
    if (this.#uploads >= UPLOADS_MAX) {
      const message = `${UPLOADS_MAX} models are on their way in already`;
      throw new ServiceError("unavailable", message, { retryAfterMs: RETRY_MS });
    }
    this.#uploads++;
    let open = true;
    const file = await this.options.registry.receive(shown).catch((error) => {
      this.#uploads--;
      throw refusedModel(error);
    });
    return {
      write: (bytes) => file.write(bytes).catch((error) => Promise.reject(refusedModel(error))),
      inspect: (manifest) => this.#inspect(file, manifest),
      add: (addition) => this.#add(file, addition),
      [Symbol.asyncDispose]: async () => {
        if (!open) return;
        open = false;
        this.#uploads--;
        await file[Symbol.asyncDispose]();
      },
    };
  }

  async patch(name: string, change: ModelChange): Promise<ModelView> {
    const { weir, registry, models } = this.options;
    try {
      const before = await this.#registered(name);
      for (const version of [change.canary?.version, change.shadow?.version]) {
        if (version === undefined) continue;
        // Before anything is written: what is to run beside the streams must run at all.
        await weir.pool.attempt(await examineModel(`${name}@${version}`, {}, { registry }));
      }
      const described = await this.#described(before, change);
      await weir.renewModel(name, async () => {
        let former = before;
        await registry.update(name, (model) => {
          former = model;
          return changed(model, change, described);
        });
        await this.#watch.note(name);
        return async () => {
          await registry.update(name, () => former);
          await this.#watch.note(name);
        };
      });
      return await models.get(name);
    } catch (error) {
      throw refusedModel(error);
    }
  }

  async remove(reference: string): Promise<void> {
    const { weir, registry, downloads } = this.options;
    try {
      if (await downloads.cancel(reference) && !await registry.get(reference)) return;
      const { name, version } = parseReference(reference) ?? { name: reference };
      await this.#registered(name);
      const { users, declared } = weir.pool.usersOf(name, version);
      const streams = users.filter((user) => !user.startsWith("~"));
      if (streams.length > 0) {
        throw new ServiceError("conflict", `Cannot remove ${reference}: it is in use by ${streams.join(", ")}`);
      }
      if (declared) {
        throw new ServiceError("conflict", `Cannot remove ${reference}: the configuration keeps it loaded`);
      }
      await registry.remove(name, version);
      await this.#watch.note(name);
      weir.pool.drop(name, version);
    } catch (error) {
      throw refusedModel(error);
    }
  }

  async zoo(): Promise<ZooView[]> {
    const { registry, zoo } = this.options;
    try {
      const { models } = await registry.list();
      return (await readZoo(zoo.list)).map(({ name, describe, task, adapter, licence, home, bytes, sha256, note }) => {
        const known = models.find(({ versions }) => versions.some((version) => version.sha256 === sha256));
        return {
          name,
          describe,
          task,
          adapter,
          licence,
          restrictive: isRestrictive(licence),
          ...(home !== undefined && { home }),
          bytes,
          sha256,
          ...(note !== undefined && { note }),
          ...(known && { knownAs: known.name }),
        };
      });
    } catch (error) {
      throw refusedModel(error);
    }
  }

  async pull({ zoo: wanted, name = wanted, version, acceptLicence }: ZooRequest): Promise<ModelView> {
    const { weir, registry, models, downloads, zoo: { list, mirror }, checkAddress } = this.options;
    try {
      const model = zooModel(await readZoo(list), wanted);
      const { licence, home, bytes } = model;
      if (isRestrictive(licence) && !acceptLicence) {
        const where = home === undefined ? "" : ` (${home})`;
        const message = `Read its licence first: ${licence}${where}; then send acceptLicence: true`;
        throw new ServiceError("invalid", message, { faults: [{ path: "acceptLicence", message: "is needed" }] });
      }
      const known = await registry.get(name);
      if (known?.versions.some(({ sha256 }) => sha256 === model.sha256)) return await models.get(name);
      if (!modelNameSchema.safeParse(name).success) throw new ModelError("manifest", `No model can be called ${name}`);
      downloads.start(name, bytes, async (options) => {
        const attempt = (admission: Admission) => weir.pool.attempt(admission);
        await pullModel(model, { ...options, registry, mirror, name, version, attempt, check: checkAddress });
        await this.#watch.note(name);
      });
      return await models.get(name);
    } catch (error) {
      throw refusedModel(error);
    }
  }

  async #registered(name: string): Promise<RegisteredModel> {
    const model = await this.options.registry.get(name);
    if (model) return model;
    const view = await this.options.models.get(name);
    const why = view.builtIn ? "it comes with Weir" : "it is a file that the configuration or a stream names";
    throw new ServiceError("conflict", `${name} is not in the registry: ${why}`);
  }

  async #add(file: IncomingFile, { name, version, manifest, activate }: ModelAddition) {
    const { weir, registry, models } = this.options;
    try {
      await file.finish();
      const overrides = manifestFrom(manifest);
      const admission = await admitModel(file.path, overrides);
      await weir.pool.attempt(admission);
      const title = name ?? overrides.name ?? nameFor(file.shown);
      const before = await registry.get(title);
      const options = {
        name: title,
        version: version ?? overrides.version,
        from: file.shown,
        manifest: admission.manifest,
      };
      const { version: { version: added } } = await registry.add(file, options);
      await this.#watch.note(title);
      const created = !before?.versions.some((one) => one.version === added);
      const model = activate && before ? await this.patch(title, { active: added }) : await models.get(title);
      return { model, created };
    } catch (error) {
      throw refusedModel(error, file);
    }
  }

  async #inspect(file: IncomingFile, manifest?: unknown): Promise<ModelInspection> {
    const { registry } = this.options;
    const sha256 = await file.finish();
    const { models } = await registry.list();
    const known = models.flatMap(({ name, versions }) =>
      versions.filter((version) => version.sha256 === sha256).map(({ version }) => `${name}@${version}`)
    );
    const found = {
      name: nameFor(file.shown),
      bytes: file.bytes,
      sha256,
      ...(known.length > 0 && { knownAs: known[0] }),
    };
    try {
      const { spec, graph, why } = await admitModel(file.path, manifestFrom(manifest));
      const { file: _file, version: _version, ...view } = about({ spec, graph, why });
      return { ...found, ...view, usable: true, toCheck: assumed(why) };
    } catch (error) {
      if (!(error instanceof ModelError)) throw refusedModel(error, file);
      const message = redactUrls(file.inWords(error.message));
      const toCheck = error.code === "unrecognised" ? [{ field: "adapter" as const, message }] : [];
      return { ...found, ...this.#ports(file), usable: false, error: { code: error.code, message }, toCheck };
    }
  }

  /** What can be told of a file that cannot be used. */
  #ports(file: IncomingFile): Pick<ModelInspection, "inputs" | "outputs"> {
    try {
      using bytes = fileBytes(file.path);
      const { inputs, outputs } = parseGraphInfo(file.shown, bytes);
      return { inputs: inputs.map(portOf), outputs: outputs.map(portOf) };
    } catch {
      return {};
    }
  }

  /** The manifest of a version whose thresholds or labels are to change, once it is known to hold. */
  async #described(
    model: RegisteredModel,
    { version = model.active, minScore, iou, maxDetections, labels }: ModelChange,
  ): Promise<{ version: string; manifest: Manifest } | undefined> {
    const said = { minScore, iou, maxDetections, labels };
    const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Manifest;
    if (Object.keys(given).length === 0) return undefined;
    const { registry } = this.options;
    const found = (await registry.find(`${model.name}@${version}`))!;
    const manifest = { ...found.version.manifest, ...given };
    // People know the model by its name, and no file of the registry.
    const inWords = (message: string) => message.replaceAll(basename(found.file), `${model.name}@${version}`);
    await examineModel(found.file, manifest).catch((error) => Promise.reject(refusedModel(error, { inWords })));
    return { version, manifest };
  }
}

function changed(
  model: RegisteredModel,
  { active, canary, shadow }: ModelChange,
  described: { version: string; manifest: Manifest } | undefined,
): RegisteredModel {
  if (active !== undefined && !model.versions.some((one) => one.version === active)) {
    const there = model.versions.map((one) => one.version).join(", ");
    throw new ModelError("not_found", `There is no version ${active} of ${model.name}; there are: ${there}`);
  }
  let next = active === undefined ? model : activated(model, active);
  if (canary !== undefined) next = withTrial(next, "canary", canary);
  if (shadow !== undefined) next = withTrial(next, "shadow", shadow);
  if (!described) return next;
  const { version, manifest } = described;
  return { ...next, versions: next.versions.map((one) => one.version === version ? { ...one, manifest } : one) };
}

/** A manifest from outside. It names no files: there are none beside it. */
function manifestFrom(value: unknown): Manifest {
  if (value === undefined) return {};
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({
      path: ["manifest", ...path].map(String).join("."),
      message,
    }));
    throw new ServiceError("invalid", "The manifest does not fit", { faults });
  }
  const { labels } = parsed.data;
  if (typeof labels !== "string" || givenLabels({ labels })) return parsed.data;
  const known = Object.keys(KNOWN_LABELS).join(", ");
  throw new ServiceError("invalid", "The manifest does not fit", {
    faults: [{
      path: "manifest.labels",
      message: `is a list of names, or one of ${known}; files cannot be named here`,
    }],
  });
}

/** What a file's model could be called. */
function nameFor(shown: string): string {
  const name = modelNameOf(shown).replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 63);
  return name || "model";
}

/** What the adapter had to assume, which people should look at. */
function assumed(why: readonly string[]): ModelInspection["toCheck"] {
  const open = (message: string): ModelInspection["toCheck"][number]["field"] | undefined =>
    /does not name|names no|names none/.test(message)
      ? "labels"
      : /assumed|size is open/.test(message)
      ? "input"
      : undefined;
  return why.flatMap((message) => {
    const field = open(message);
    return field === undefined ? [] : [{ field, message }];
  });
}

import type { DownloadView, ModelVersionView, RegistryView } from "../core/model_registry.ts";
import type { ModelView } from "../core/services.ts";
import type { ReplicaStats } from "../../actors/protocol.ts";
import { type Examination, examineModel } from "../../models/manifest.ts";
import { type ModelVersion, parseReference, type RegisteredModel } from "../../models/registered_model.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import type { TrialReading } from "../../streams/trial_book.ts";
import type { Weir } from "../app.ts";
import type { ModelDownloads } from "./model_downloads.ts";
import { about, sums, timesOf } from "./model_views.ts";
import { comparisonOf } from "./trial_views.ts";

/** What the views of the registry's models are made of. */
export interface RegistryViewsOptions {
  weir: Weir;
  registry: RegistryStore;
  downloads: Pick<ModelDownloads, "views">;
  onFault(message: string): void;
}

/** The models of the registry, for those who look at them. */
export interface RegistryModels {
  all(): Promise<readonly RegisteredModel[]>;
  /** What a version is; kept, because files of the registry do not change. */
  examined(model: RegisteredModel, version: string): Promise<Examination>;
  /** One version, by `name@version`. */
  version(reference: string): Promise<ModelView | undefined>;
  /** The views with what the registry knows of them, and those that are still on their way. */
  completed(views: readonly ModelView[], models: readonly RegisteredModel[]): Promise<ModelView[]>;
}

/** Looks at the registry as people do. */
export function registryViews({ weir, registry, downloads, onFault }: RegistryViewsOptions): RegistryModels {
  let known = new Map<string, Promise<Examination>>();
  const told = new Set<string>();

  const examined = (model: RegisteredModel, version: string): Promise<Examination> => {
    const key = JSON.stringify([model.name, model.versions.find((one) => one.version === version)]);
    let examination = known.get(key);
    if (!examination) known.set(key, examination = examineModel(`${model.name}@${version}`, {}, { registry }));
    // What could not be read may be there again the next time.
    examination.catch(() => known.delete(key));
    return examination;
  };

  const versionView = async (
    model: RegisteredModel,
    entry: ModelVersion,
    trials: readonly TrialReading[],
  ): Promise<ModelVersionView> => {
    const { version, sha256, bytes, addedAt, from, manifest: { task, adapter, licence } } = entry;
    const loaded = weir.models().filter(({ origin }) =>
      origin.kind === "registry" && origin.name === model.name && origin.version === version
    );
    const role = version === model.canary?.version
      ? "canary"
      : version === model.shadow?.version
      ? "shadow"
      : undefined;
    const subject = role && { model: model.name, version, role, beside: model.active } as const;
    const comparison = subject && comparisonOf(subject, trials);
    const stats: ReplicaStats[] = [];
    for (const { setup } of loaded) stats.push(...await weir.modelStats(setup.spec.name).catch(() => []));
    const counts = sums(stats);
    return {
      version,
      active: version === model.active,
      sha256,
      bytes,
      addedAt,
      from,
      ...(task !== undefined && { task }),
      ...(adapter !== undefined && { adapter }),
      ...(licence !== undefined && { licence }),
      ...(comparison && { comparison }),
      users: weir.pool.usersOf(model.name, version).users.filter((user) => !user.startsWith("~")),
      ...(loaded.length > 0 && { ...counts, inferMs: timesOf(stats) }),
    };
  };

  const registryView = async (model: RegisteredModel, trials: readonly TrialReading[]): Promise<RegistryView> => {
    const { active, previous, canary, shadow, versions } = model;
    return {
      active,
      ...(previous !== undefined && { previous }),
      ...(canary && { canary }),
      ...(shadow && { shadow }),
      versions: await Promise.all(versions.map((version) => versionView(model, version, trials))),
    };
  };

  return {
    examined,
    async all() {
      const { models, faults } = await registry.list();
      for (const fault of faults) if (!told.has(fault)) onFault(fault);
      for (const fault of faults) told.add(fault);
      const names = new Set(models.map(({ name }) => name));
      known = new Map([...known].filter(([key]) => names.has((JSON.parse(key) as [string])[0])));
      return models;
    },
    async version(reference) {
      const parsed = parseReference(reference);
      if (parsed?.version === undefined) return undefined;
      const model = await registry.get(parsed.name);
      const entry = model?.versions.find(({ version }) => version === parsed.version);
      if (!model || !entry) return undefined;
      const view = await versionView(model, entry, await weir.trials());
      const { users, runs, frames, failures, inferMs } = view;
      return {
        name: reference,
        state: runs === undefined ? "unloaded" : "ready",
        declared: false,
        default: false,
        builtIn: false,
        users,
        ...about(await examined(model, entry.version)),
        ...(runs !== undefined && { runs, frames, failures, inferMs }),
      };
    },
    async completed(views, models) {
      const byName = new Map(models.map((model) => [model.name, model]));
      const under = downloads.views;
      const tried = models.some(({ canary, shadow }) => canary || shadow);
      const trials = tried ? await weir.trials() : [];
      const complete = await Promise.all(views.map(async (view) => {
        const model = byName.get(view.name);
        const download = under.get(view.name);
        return {
          ...view,
          ...(model && { registry: await registryView(model, trials) }),
          ...(download && { download: progress(download) }),
        };
      }));
      const names = new Set(views.map(({ name }) => name));
      const coming = [...under].filter(([name]) => !names.has(name)).map(([name, download]): ModelView => ({
        name,
        state: download.cause === undefined ? "loading" : "failed",
        ...(download.cause !== undefined && { cause: download.cause }),
        declared: false,
        default: false,
        builtIn: false,
        users: [],
        download: progress(download),
      }));
      return [...complete, ...coming];
    },
  };
}

function progress({ bytes, of, cause }: DownloadView): DownloadView {
  return { bytes, of, ...(cause !== undefined && { cause }) };
}

import { basename } from "node:path";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { ModelService, ModelView } from "../core/services.ts";
import type { ReplicaStats } from "../../actors/protocol.ts";
import { type BuiltinModel, listBuiltinModels } from "../../models/builtin_models.ts";
import { type Examination, examineModel } from "../../models/manifest.ts";
import { ModelError } from "../../models/model_error.ts";
import type { RegisteredModel } from "../../models/registered_model.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import type { TrialReading } from "../../streams/trial_book.ts";
import type { Weir } from "../app.ts";
import { called, type DeclaredModel } from "../model_pool.ts";
import type { ModelDownloads } from "./model_downloads.ts";
import { about, byState, causeOf, stateOf, sums, timesOf } from "./model_views.ts";
import { type RegistryModels, registryViews } from "./registry_views.ts";
import { comparisonOf } from "./trial_views.ts";

/** What the configuration says of models. */
export interface ModelsConfig {
  models: readonly DeclaredModel[];
  inference: { defaultModel?: string };
}

/** What the models of a server stand on. */
export interface ServerModelsOptions {
  weir: Weir;
  registry: RegistryStore;
  /** Downloads under way, by the name that the model will have. */
  downloads: Pick<ModelDownloads, "views">;
  /** Told of models that cannot be loaded, for whoever runs the server. */
  onFault(message: string): void;
}

type LoadedModel = ReturnType<Weir["models"]>[number];

/** The models of a server: declared in its configuration, used by its streams, added to its registry, or built in. */
export class ServerModels implements ModelService {
  #defaultModel: string | undefined;
  #builtIns = new Map<string, Promise<Examination>>();
  #registry: RegistryModels;

  constructor(private readonly options: ServerModelsOptions) {
    this.#registry = registryViews(options);
  }

  /** Keeps loaded what the configuration says, the default model included. Models that cannot be loaded say so. */
  async declare({ models, inference: { defaultModel } }: ModelsConfig): Promise<void> {
    const { weir, onFault } = this.options;
    this.#defaultModel = defaultModel;
    const named = defaultModel === undefined || models.some((declared) => isCalled(declared, defaultModel));
    await weir.declareModels(named ? models : [...models, { model: defaultModel }]);
    for (const { declared, name, fault } of weir.declarations) {
      if (fault === undefined) continue;
      const stays = name === undefined ? "" : "; what was loaded before stays";
      onFault(`${called(declared)} cannot be loaded: ${redactUrls(fault)}${stays}`);
    }
  }

  /** The name of the model that is meant where none is named. */
  get defaultModel(): string | undefined {
    const wanted = this.#defaultModel;
    if (wanted === undefined) return undefined;
    return this.options.weir.declarations.find(({ declared }) => isCalled(declared, wanted))?.name ?? wanted;
  }

  /** Why declared models are not there. One that still runs as it was before the configuration changed is there. */
  get missing(): string[] {
    return this.options.weir.declarations.flatMap(({ declared, name, fault }) =>
      fault === undefined || name !== undefined ? [] : [`${called(declared)} cannot be loaded: ${redactUrls(fault)}`]
    );
  }

  async list(): Promise<ModelView[]> {
    const { weir } = this.options;
    const depths = await weir.queueDepths().catch(() => undefined);
    const known = await listBuiltinModels();
    const digests = new Set(known.map(({ sha256 }) => sha256));
    const registered = await this.#registry.all();
    // A version that runs by itself is told of where its model is.
    const own = weir.models().filter(({ setup: { spec: { family } } }) =>
      !registered.some(({ name }) => name === family)
    );
    const loaded = await Promise.all(own.map((model) => this.#loaded(model, { depths, digests })));
    const names = new Set(loaded.map(({ name }) => name));
    const failed = weir.declarations.filter(({ name, declared }) => name === undefined && !names.has(called(declared)));
    const missing = failed.map(({ declared, fault }) => this.#missing(called(declared), fault));
    for (const { name } of missing) names.add(name);
    const added = registered.filter(({ name }) => !names.has(name));
    for (const { name } of added) names.add(name);
    const builtIns = known.filter(({ name }) => !names.has(name));
    const models = [
      ...loaded,
      ...missing,
      ...await Promise.all(added.map((model) => this.#added(model))),
      ...await Promise.all(builtIns.map((model) => this.#builtIn(model))),
    ];
    return await this.#registry.completed(models, registered);
  }

  async get(name: string): Promise<ModelView> {
    const all = await this.list();
    const found = all.find((model) => model.name === name) ?? await this.#registry.version(name);
    if (found) return found;
    throw new ServiceError("not_found", `There is no model called ${name}; there are: ${namesOf(all)}`);
  }

  /** The names of all models of the registry. */
  async registered(): Promise<string[]> {
    return (await this.options.registry.list()).models.map(({ name }) => name);
  }

  /** Whether the registry has a model, or a version of one, of that name. */
  async isRegistered(reference: string): Promise<boolean> {
    return await this.options.registry.find(reference).catch(() => undefined) !== undefined;
  }

  /** The loaded models in figures, for the metrics. */
  async readings() {
    const { weir } = this.options;
    // While the dispatcher is being replaced nobody knows, and nothing waits for long.
    const depths = await weir.queueDepths().catch(() => undefined);
    const models = weir.models();
    const trials = models.some(({ setup: { spec } }) => spec.family !== undefined) ? await weir.trials() : [];
    return await Promise.all(models.map(async ({ setup: { key, spec: { name } }, origin, supervision }) => {
      const stats = await weir.modelStats(name);
      const { runs, frames, failures } = sums(stats);
      const { p50, p95 } = timesOf(stats);
      const trial = trialOf(origin, { models, trials });
      return {
        model: name,
        replicas: byState(supervision),
        ...(depths && { queueDepth: depths[key] ?? 0 }),
        runs,
        frames,
        failures,
        ...(runs > 0 && { runMs: { p50, p95 } }),
        ...(trial && { trial }),
      };
    }));
  }

  async #loaded(
    { setup, settings, graph, why, users, declared, supervision }: LoadedModel,
    { depths, digests }: { depths: Record<string, number> | undefined; digests: ReadonlySet<string> },
  ): Promise<ModelView> {
    const { weir } = this.options;
    const { key, spec: { name }, maxBatch, maxDelayMs } = setup;
    const stats = await weir.modelStats(name).catch((): ReplicaStats[] => []);
    const { runs, frames, failures } = sums(stats);
    const fault = weir.declarations.find((declaration) => declaration.name === name)?.fault;
    const cause = causeOf(supervision) ?? (fault === undefined ? undefined : `It stays as it was: ${fault}`);
    return {
      name,
      state: stateOf(supervision),
      ...(cause !== undefined && { cause: redactUrls(cause) }),
      declared,
      default: name === this.defaultModel,
      builtIn: digests.has(setup.spec.sha256),
      // What is not a stream of somebody's is nobody's business.
      users: users.filter((user) => !user.startsWith("~")),
      ...about({ graph, why, spec: setup.spec }),
      device: settings.device,
      ...(stats.length > 0 && { provider: stats[0].provider }),
      threads: settings.threads,
      maxBatch,
      maxDelayMs,
      replicas: byState(supervision),
      runs,
      frames,
      failures,
      ...(depths && { queueDepth: depths[key] ?? 0 }),
      ...(stats[0]?.states && { states: stats[0].states }),
      ...(runs > 0 && { meanBatch: Math.round(100 * frames / runs) / 100 }),
      inferMs: timesOf(stats),
    };
  }

  #missing(name: string, fault: string | undefined): ModelView {
    const cause = fault === undefined ? undefined : redactUrls(fault);
    return this.#idle(name, { state: "failed", declared: true, ...(cause !== undefined && { cause }) });
  }

  async #builtIn({ name, task, use = "", licence, file, sha256 }: BuiltinModel): Promise<ModelView> {
    // No picture goes into it: it is not loaded as the others are, and nothing is wrong with it.
    if (task === "signal") {
      const bytes = (await Deno.stat(file)).size;
      return this.#idle(name, {
        builtIn: true,
        task,
        why: [`it ${use}`],
        licence,
        file: basename(file),
        bytes,
        sha256,
      });
    }
    let examined = this.#builtIns.get(name);
    if (!examined) this.#builtIns.set(name, examined = examineModel(name));
    try {
      return { ...this.#idle(name, { builtIn: true }), ...about(await examined) };
    } catch (error) {
      // One that is for other things than pictures is no fault; one whose file is missing is.
      const state = error instanceof ModelError && error.code === "unrecognised" ? "unloaded" : "failed";
      return this.#idle(name, { builtIn: true, state, cause: (error as Error).message });
    }
  }

  async #added(model: RegisteredModel): Promise<ModelView> {
    try {
      return { ...this.#idle(model.name), ...about(await this.#registry.examined(model, model.active)) };
    } catch (error) {
      return this.#idle(model.name, { state: "failed", cause: (error as Error).message });
    }
  }

  /** A model that is not loaded. */
  #idle(name: string, more: Partial<ModelView> = {}): ModelView {
    const isDefault = name === this.defaultModel;
    return { name, state: "unloaded", declared: false, default: isDefault, builtIn: false, users: [], ...more };
  }
}

/** Names in words, for who has to choose one. */
export function namesOf(models: readonly { name: string }[]): string {
  return models.map(({ name }) => name).join(", ") || "none";
}

function isCalled(declared: DeclaredModel, name: string): boolean {
  return called(declared) === name || declared.model === name;
}

/** What came of a version that is tried, where this is one. */
function trialOf(
  origin: LoadedModel["origin"],
  { models, trials }: { models: readonly LoadedModel[]; trials: readonly TrialReading[] },
) {
  if (origin.kind !== "registry" || !origin.pinned) return undefined;
  const { name: model, version } = origin;
  const active = models.find((one) => one.origin.kind === "registry" && one.origin.name === model && !one.origin.pinned)
    ?.origin;
  if (active?.kind !== "registry") return undefined;
  const role = trials.find((trial) => trial.model === model && trial.version === version)?.role;
  return role && { model, version, role, ...comparisonOf({ model, version, role, beside: active.version }, trials) };
}

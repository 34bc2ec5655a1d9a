import type { InferenceActor, InferenceOptions, ReplicaWiring } from "../actors/inference_actor.ts";
import type { CandidateSetup, ModelSetup } from "../actors/protocol.ts";
import type { SupervisorSnapshot } from "../actors/supervisor.ts";
import type { Examination } from "../models/manifest.ts";
import type { RegisteredModel } from "../models/registered_model.ts";
import type { RegistryStore } from "../models/registry_store.ts";
import type { Device, ModelSpec } from "./core/model.ts";

/** How a model runs. */
export interface ModelSettings {
  /** Copies, each in a thread of its own. */
  replicas: number;
  threads: number;
  device: Device;
  maxBatch: number;
  maxDelayMs: number;
}

/** A model to be kept loaded; settings that are absent are the pool's. */
export interface DeclaredModel extends Partial<ModelSettings> {
  /** A path, or the name of a model of the registry or a built-in one. */
  model: string;
  /** What it is called here; default its own name. */
  name?: string;
}

/** How the models of a pool run, and who hears of them. */
export interface ModelPoolOptions extends ModelSettings, Omit<InferenceOptions, "setup"> {
  wiring: ReplicaWiring & {
    /** A model's replicas are gone for good. */
    unloaded(key: string): void;
  };
  /** How long a model that nobody uses any more stays loaded. */
  lingerMs: number;
  /** Where models are looked for by name, besides what is built in. */
  registry?: RegistryStore;
  /** Told of what cannot be had, and is not needed. */
  onFault?(message: string): void;
}

/** A model that is loaded, or about to be. */
export interface PooledModel extends Pick<Examination, "graph" | "why" | "origin"> {
  readonly setup: ModelSetup;
  readonly settings: ModelSettings;
  readonly actor: InferenceActor;
  /** Kept loaded whether anybody uses it or not. */
  readonly declared: boolean;
  /** Who uses it; streams by their names. */
  readonly users: readonly string[];
  /** It is only tried beside another version: nobody would miss it. */
  readonly onTrial: boolean;
}

/** The right to use models; they stay loaded until it is given back. */
export interface ModelLease extends Disposable {
  /** In the order in which they were asked for. */
  readonly setups: readonly ModelSetup[];
}

/** What became of a declaration. */
export interface Declaration {
  declared: DeclaredModel;
  /** The name of what is loaded for it. */
  name?: string;
  /** Why it is not loaded as it was declared. */
  fault?: string;
}

/** A model of the pool with what only the pool knows of it. */
export interface Loaded extends Omit<PooledModel, "users" | "declared" | "onTrial"> {
  declared: boolean;
  ready: Promise<void>;
  /** Whoever uses it, and how many times. */
  leases: Map<string, number>;
  /** How many of these only try it. */
  trials: number;
  linger?: ReturnType<typeof setTimeout>;
}

/** A model as one user has it, and the other versions of it that run beside it. */
export interface Taken {
  setup: ModelSetup;
  loaded: readonly Loaded[];
}

/** Beside the version in force one copy is enough, and it is to take as little as it can. */
export const CANDIDATE: Partial<ModelSettings> = { replicas: 1, threads: 1, maxBatch: 1, maxDelayMs: 0 };

/** What a declared model is called by those who use it. */
export function called({ model, name }: DeclaredModel): string {
  return name ?? model;
}

/** No replica will come back. */
export function givenUp({ state, children }: SupervisorSnapshot): boolean {
  return state === "failed" || state === "running" && children.every((child) => child.state === "failed");
}

/** Whether what was found is what is loaded already. One file may be several versions, with other thresholds. */
export function isSameModel({ setup, origin }: Pick<Loaded, "setup" | "origin">, found: Examination): boolean {
  if (origin.kind === "registry" || found.origin.kind === "registry") {
    // What was asked for by its version stays that version; a bare name goes with the times.
    return origin.kind === "registry" && found.origin.kind === "registry" && origin.name === found.origin.name &&
      origin.version === found.origin.version && (found.origin.pinned || !origin.pinned);
  }
  const { name, file, sha256 } = found.spec;
  return setup.spec.sha256 === sha256 && (setup.spec.name === name || setup.spec.file === file);
}

/** Whether both are what the registry means by one name, now and before it was changed. */
export function isFormer({ origin }: Pick<Loaded, "origin">, found: Examination): boolean {
  return origin.kind === "registry" && found.origin.kind === "registry" && origin.name === found.origin.name;
}

/** How many copies there are: of a model that carries a state one, as its state is in one place. */
export function copiesOf({ state }: Pick<ModelSpec, "state">, { replicas }: Pick<ModelSettings, "replicas">): number {
  return state ? 1 : replicas;
}

/** The same model by a name that tells it from another file of its name. */
export function namedApart({ spec, origin }: Examination): ModelSpec {
  const { name, sha256 } = spec;
  return { ...spec, name: `${name}@${sha256.slice(0, 8)}`, ...(origin.kind === "registry" && { family: name }) };
}

/** The versions that are to run beside a model's version in force, and how. */
export function candidatesOf(
  { canary, shadow, active }: Pick<RegisteredModel, "canary" | "shadow" | "active">,
): (Pick<CandidateSetup, "role" | "share"> & { version: string })[] {
  return [
    ...(canary ? [{ role: "canary" as const, ...canary }] : []),
    ...(shadow ? [{ role: "shadow" as const, share: 1, ...shadow }] : []),
  ].filter(({ version }) => version !== active);
}

/** How a model runs whose settings are said in part. */
export function settingsOf(
  { replicas, threads, device, maxBatch, maxDelayMs }: Partial<ModelSettings>,
  pool: ModelSettings,
): ModelSettings {
  return {
    replicas: replicas ?? pool.replicas,
    threads: threads ?? pool.threads,
    device: device ?? pool.device,
    maxBatch: maxBatch ?? pool.maxBatch,
    maxDelayMs: maxDelayMs ?? pool.maxDelayMs,
  };
}

/** Who uses a model, and whether they only try it. */
export function usesOf({ leases, trials }: Loaded): Pick<PooledModel, "users" | "onTrial"> {
  const all = [...leases.values()].reduce((sum, count) => sum + count, 0);
  return { users: [...leases.keys()], onTrial: trials > 0 && trials === all };
}

/** What an error says. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The right to what was taken, until it is given back, once. */
export function leaseOf(taken: readonly Taken[], giveBack: (one: Taken) => void): ModelLease {
  let held = true;
  return {
    setups: taken.map(({ setup }) => setup),
    [Symbol.dispose]: () => {
      if (!held) return;
      held = false;
      for (const one of taken) giveBack(one);
    },
  };
}

/** Whether it is that model of the registry, or that version of it. */
export function isVersion({ origin }: Pick<Loaded, "origin">, name: string, version?: string): boolean {
  return origin.kind === "registry" && origin.name === name && (version === undefined || origin.version === version);
}

/** A setup under another name of the same model: a pipeline may hold a model and one version of it, which are one. */
export function setupNamed(setup: ModelSetup, name: string): ModelSetup {
  const { spec } = setup;
  return spec.name === name ? setup : { ...setup, spec: { ...spec, name, family: spec.family ?? spec.name } };
}

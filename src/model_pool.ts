import { isDeepStrictEqual } from "node:util";
import { InferenceActor, type InferenceOptions, type ReplicaWiring } from "../actors/inference_actor.ts";
import type { ModelSetup, ReplicaStats } from "../actors/protocol.ts";
import type { SupervisorSnapshot } from "../actors/supervisor.ts";
import { type Examination, examineModel } from "../models/manifest.ts";
import { ModelError } from "../models/model_error.ts";
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
  /** A built-in model's name, or a path. */
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
}

/** A model that is loaded, or about to be. */
export interface PooledModel extends Pick<Examination, "graph" | "why"> {
  readonly setup: ModelSetup;
  readonly settings: ModelSettings;
  readonly actor: InferenceActor;
  /** Kept loaded whether anybody uses it or not. */
  readonly declared: boolean;
  /** Who uses it; streams by their names. */
  readonly users: readonly string[];
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

interface Loaded extends Omit<PooledModel, "users" | "declared"> {
  declared: boolean;
  ready: Promise<void>;
  /** Whoever uses it, and how many times. */
  leases: Map<string, number>;
  linger?: ReturnType<typeof setTimeout>;
}

/**
 * The models in use and those that are declared. Each is loaded once, however many share it; who uses it holds a lease,
 * and one that nobody uses and nobody declared is unloaded after a while.
 */
export class ModelPool implements AsyncDisposable {
  #loaded = new Set<Loaded>();
  /** Those that are given to who asks; another one of the same name may still be in use. */
  #current = new Map<string, Loaded>();
  #declarations: (Declaration & { loaded?: Loaded })[] = [];
  /** Names are not looked up while a declaration is being worked out. */
  #declaring: Promise<unknown> = Promise.resolve();
  #unloading = new Set<Promise<void>>();
  #keys = 0;
  #closed = false;

  constructor(private readonly options: ModelPoolOptions) {}

  /** Everything that is loaded, what is on its way out included. */
  get all(): readonly Pick<PooledModel, "setup" | "actor">[] {
    return [...this.#loaded];
  }

  /** The models that whoever asks now is given. */
  get models(): readonly PooledModel[] {
    return [...this.#current.values()].map((loaded) => ({ ...loaded, users: [...loaded.leases.keys()] }));
  }

  /** What is declared, and what became of it. */
  get declarations(): readonly Declaration[] {
    return this.#declarations.map(({ declared, fault, loaded }) => ({
      declared,
      ...(loaded && { name: loaded.setup.spec.name }),
      ...(fault !== undefined && { fault }),
    }));
  }

  /** The models of these names or paths, loaded when nobody used them so far. Rejects when one cannot run. */
  async take(user: string, names: readonly string[]): Promise<ModelLease> {
    const settled = await Promise.allSettled(names.map((name) => this.#take(user, name)));
    const taken = settled.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
    const failed = settled.find((one) => one.status === "rejected");
    if (!failed) return this.#lease(user, taken);
    for (const loaded of taken) this.#release(loaded, user);
    throw failed.reason;
  }

  /** The model of that name, when it is loaded. */
  async takeLoaded(user: string, name: string): Promise<ModelLease | undefined> {
    const loaded = this.#current.get(name);
    if (!loaded) return undefined;
    await this.#use(loaded, user);
    return this.#lease(user, [loaded]);
  }

  /**
   * Keeps these models loaded and no others: new ones are loaded, those that changed, in the file or in what is said of
   * them, take the place of what they were once they are ready. What cannot be loaded says so in {@link declarations}
   * and leaves in place what there was. Answers who still uses a model that another one has taken the place of.
   */
  declare(models: readonly DeclaredModel[]): Promise<string[]> {
    const before = this.#declaring;
    const examined = before.then(() =>
      Promise.allSettled(
        models.map(({ model, name }) => examineModel(model, name === undefined ? {} : { name })),
      )
    );
    const kept = examined.then((found) => {
      const names = new Set<string>();
      this.#declarations = models.map((declared, n) => this.#declare(declared, found[n], names));
      return this.#declarations.map(({ loaded }) => loaded);
    });
    this.#declaring = kept.catch(() => {});
    return kept.then((loaded) => this.#replace(loaded));
  }

  /** What each replica of a model has done so far. */
  async stats(name: string): Promise<ReplicaStats[]> {
    return await this.#current.get(name)?.actor.stats() ?? [];
  }

  /** Replaces a replica that hangs; answers its model's name. */
  replace(key: string, replica: number): string {
    const model = [...this.#loaded].find(({ setup }) => setup.key === key);
    model?.actor.replace(replica);
    return model?.setup.spec.name ?? key;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#declaring;
    for (const { linger } of this.#loaded) clearTimeout(linger);
    await Promise.all([...this.#loaded].map(({ actor }) => actor[Symbol.asyncDispose]()));
    await Promise.all(this.#unloading);
  }

  async #take(user: string, name: string): Promise<Loaded> {
    await this.#declaring;
    const declaration = this.#declarations.find(({ declared }) => called(declared) === name) ??
      this.#declarations.find(({ declared }) => declared.model === name);
    if (declaration && !declaration.loaded) throw new ModelError("not_found", declaration.fault!);
    const loaded = declaration?.loaded ?? await this.#find(name);
    await this.#use(loaded, user);
    return loaded;
  }

  /** By a path or a built-in's name; else by the name of one that is loaded, as it is called everywhere else. */
  async #find(name: string): Promise<Loaded> {
    let found: Examination;
    try {
      found = await examineModel(name);
    } catch (error) {
      const loaded = this.#current.get(name);
      if (loaded && error instanceof ModelError && error.code === "not_found") return loaded;
      throw error;
    }
    const { spec } = found;
    const same = [...this.#current.values()].find(({ setup }) =>
      setup.spec.sha256 === spec.sha256 && (setup.spec.name === spec.name || setup.spec.file === spec.file)
    );
    if (same && (same.declared || !givenUp(same.actor.snapshot()))) return same;
    // Two files of one name are two models.
    const namesake = !same && this.#current.has(spec.name);
    const named = namesake ? { ...spec, name: `${spec.name}@${spec.sha256.slice(0, 8)}` } : spec;
    const other = this.#current.get(named.name);
    if (other && !givenUp(other.actor.snapshot())) return other;
    const loaded = this.#load({ ...found, spec: named }, this.#settings({}), false);
    this.#makeCurrent(loaded);
    return loaded;
  }

  /** Before anything is waited for: whoever asks for a model keeps it from being unloaded. */
  async #use(loaded: Loaded, user: string): Promise<void> {
    clearTimeout(loaded.linger);
    delete loaded.linger;
    loaded.leases.set(user, (loaded.leases.get(user) ?? 0) + 1);
    try {
      await loaded.ready;
    } catch (error) {
      this.#release(loaded, user);
      throw error;
    }
  }

  #lease(user: string, taken: readonly Loaded[]): ModelLease {
    let held = true;
    return {
      setups: taken.map(({ setup }) => setup),
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        for (const loaded of taken) this.#release(loaded, user);
      },
    };
  }

  #release(loaded: Loaded, user: string): void {
    const left = loaded.leases.get(user)! - 1;
    if (left > 0) loaded.leases.set(user, left);
    else loaded.leases.delete(user);
    this.#letGo(loaded);
  }

  /** Unloads a model that nobody wants any more: after a while, or at once when another one has taken its place. */
  #letGo(loaded: Loaded): void {
    if (!this.#idle(loaded)) return;
    if (this.#current.get(loaded.setup.spec.name) !== loaded) return this.#unload(loaded);
    loaded.linger ??= setTimeout(() => {
      delete loaded.linger;
      if (this.#idle(loaded)) this.#unload(loaded);
    }, this.options.lingerMs);
  }

  #idle(loaded: Loaded): boolean {
    return !this.#closed && !loaded.declared && loaded.leases.size === 0 && this.#loaded.has(loaded);
  }

  #unload(loaded: Loaded): void {
    this.#forget(loaded);
    const { actor, setup: { key } } = loaded;
    const gone = actor[Symbol.asyncDispose]().then(() => this.options.wiring.unloaded(key));
    this.#unloading.add(gone);
    void gone.finally(() => this.#unloading.delete(gone));
  }

  #forget(loaded: Loaded): void {
    clearTimeout(loaded.linger);
    this.#loaded.delete(loaded);
    const { name } = loaded.setup.spec;
    if (this.#current.get(name) === loaded) this.#current.delete(name);
  }

  #declare(
    declared: DeclaredModel,
    found: PromiseSettledResult<Examination>,
    names: Set<string>,
  ): Declaration & { loaded?: Loaded } {
    if (found.status === "rejected") {
      const fault = wordsOf(found.reason);
      const { loaded } = this.#declarations.find((before) => called(before.declared) === called(declared)) ?? {};
      if (!loaded || names.has(loaded.setup.spec.name)) return { declared, fault };
      names.add(loaded.setup.spec.name);
      return { declared, fault, loaded };
    }
    const { spec } = found.value;
    if (names.has(spec.name)) {
      return { declared, fault: `Cannot load ${declared.model}: another declared model is called ${spec.name}, too` };
    }
    names.add(spec.name);
    const settings = this.#settings(declared);
    const current = this.#current.get(spec.name);
    if (current && this.#fits(current, spec, settings)) return { declared, loaded: current };
    const loaded = this.#load(found.value, settings, true);
    if (!current) this.#makeCurrent(loaded);
    return { declared, loaded };
  }

  #fits({ setup, settings, actor }: Loaded, spec: ModelSpec, wanted: ModelSettings): boolean {
    return isDeepStrictEqual(setup.spec, spec) && isDeepStrictEqual(settings, wanted) && !givenUp(actor.snapshot());
  }

  async #replace(wanted: readonly (Loaded | undefined)[]): Promise<string[]> {
    const declarations = this.#declarations;
    for (const loaded of wanted) if (loaded) loaded.declared = true;
    await Promise.all(wanted.map(async (loaded, n) => {
      try {
        await loaded?.ready;
      } catch (error) {
        const former = this.#current.get(loaded!.setup.spec.name);
        declarations[n].fault = wordsOf(error);
        declarations[n].loaded = former;
      }
    }));
    // A later word counts more.
    if (declarations !== this.#declarations) return [];
    const kept = new Set(declarations.map(({ loaded }) => loaded));
    const outdone: Loaded[] = [];
    for (const loaded of kept) {
      const former = loaded && this.#current.get(loaded.setup.spec.name);
      if (!loaded || former === loaded) continue;
      this.#current.set(loaded.setup.spec.name, loaded);
      if (former) outdone.push(former);
    }
    for (const loaded of [...this.#loaded]) {
      if (kept.has(loaded)) continue;
      loaded.declared = false;
      this.#letGo(loaded);
    }
    return [...new Set(outdone.flatMap(({ leases }) => [...leases.keys()]))];
  }

  #load({ graph, spec, why }: Examination, settings: ModelSettings, declared: boolean): Loaded {
    if (this.#closed) throw new Error(`Cannot load ${spec.name}: everything stops`);
    const { replicas, maxDelayMs } = settings;
    const maxBatch = Math.min(settings.maxBatch, spec.input.maxBatch);
    const setup: ModelSetup = { key: `${spec.name}~${++this.#keys}`, spec, replicas, maxBatch, maxDelayMs };
    const { wiring, kills, deterministic } = this.options;
    const actor = new InferenceActor({ ...settings, wiring, kills, deterministic, setup });
    const loaded: Loaded = { graph, why, setup, settings, actor, declared, ready: actor.start(), leases: new Map() };
    this.#loaded.add(loaded);
    loaded.ready.catch(() => this.#forget(loaded));
    return loaded;
  }

  #makeCurrent(loaded: Loaded): void {
    const { name } = loaded.setup.spec;
    const former = this.#current.get(name);
    this.#current.set(name, loaded);
    if (former) this.#letGo(former);
  }

  #settings({ replicas, threads, device, maxBatch, maxDelayMs }: Partial<ModelSettings>): ModelSettings {
    const { options } = this;
    return {
      replicas: replicas ?? options.replicas,
      threads: threads ?? options.threads,
      device: device ?? options.device,
      maxBatch: maxBatch ?? options.maxBatch,
      maxDelayMs: maxDelayMs ?? options.maxDelayMs,
    };
  }
}

/** What a declared model is called by those who use it. */
export function called({ model, name }: DeclaredModel): string {
  return name ?? model;
}

/** No replica will come back. */
function givenUp({ state, children }: SupervisorSnapshot): boolean {
  return state === "failed" || state === "running" && children.every((child) => child.state === "failed");
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

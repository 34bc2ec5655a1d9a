import { isDeepStrictEqual } from "node:util";
import type { CandidateSetup, ReplicaStats } from "../actors/protocol.ts";
import { type Examination, examineModel } from "../models/manifest.ts";
import { ModelError } from "../models/model_error.ts";
import { parseReference } from "../models/registered_model.ts";
import type { ModelSpec } from "./core/model.ts";
import { LoadedModels } from "./loaded_models.ts";
import {
  called,
  CANDIDATE,
  candidatesOf,
  type Declaration,
  type DeclaredModel,
  givenUp,
  isFormer,
  isSameModel,
  isVersion,
  leaseOf,
  type Loaded,
  type ModelLease,
  type ModelPoolOptions,
  type ModelSettings,
  namedApart,
  type PooledModel,
  settingsOf,
  setupNamed,
  type Taken,
  usesOf,
  wordsOf,
} from "./pooled_model.ts";

export { called } from "./pooled_model.ts";
export type { Declaration, DeclaredModel, ModelLease, ModelPoolOptions, PooledModel } from "./pooled_model.ts";

/**
 * The models in use and those that are declared. Each is loaded once, however many share it; who uses it holds a lease,
 * and one that nobody uses and nobody declared is unloaded after a while.
 */
export class ModelPool implements AsyncDisposable {
  #loaded: LoadedModels;
  #declarations: (Declaration & { loaded?: Loaded })[] = [];
  /** Names are not looked up while a declaration is being worked out. */
  #declaring: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ModelPoolOptions) {
    this.#loaded = new LoadedModels(options);
  }

  /** Everything that is loaded, what is on its way out included. */
  get all(): readonly Pick<PooledModel, "setup" | "actor">[] {
    return this.#loaded.all;
  }

  /** The models that whoever asks now is given. */
  get models(): readonly PooledModel[] {
    return this.#loaded.current.map((loaded) => ({ ...loaded, ...usesOf(loaded) }));
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
    if (!failed) return leaseOf(taken, (one) => this.#giveBack(one, user));
    for (const one of taken) this.#giveBack(one, user);
    throw failed.reason;
  }

  /** The model of that name, when it is loaded. */
  async takeLoaded(user: string, name: string): Promise<ModelLease | undefined> {
    const loaded = this.#loaded.named(name);
    if (!loaded) return undefined;
    await this.#loaded.use(loaded, user);
    return leaseOf([{ setup: loaded.setup, loaded: [loaded] }], (one) => this.#giveBack(one, user));
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
        models.map(({ model, name }) => this.#examine(model, name)),
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

  /**
   * Makes a change in the registry and takes over what a model's bare name means then, loaded beside what there was. When
   * that cannot be, what `change` answered takes it back, all stays, and this rejects. Answers all who use the model.
   */
  renew(name: string, change?: () => Promise<() => Promise<unknown>>): Promise<string[]> {
    const renewed = this.#declaring.then(async () => {
      const undo = await change?.();
      try {
        await this.#refresh(name);
      } catch (error) {
        await undo?.();
        throw error;
      }
    });
    this.#declaring = renewed.catch(() => {});
    return renewed.then(() => this.usersOf(name).users);
  }

  /** Who uses a model of the registry, or one version of it. */
  usersOf(name: string, version?: string): { users: string[]; declared: boolean } {
    const loaded = this.#loaded.all.filter((one) => isVersion(one, name, version));
    const users = [...new Set(loaded.flatMap(({ leases }) => [...leases.keys()]))];
    return { users, declared: loaded.some(({ declared }) => declared) };
  }

  /** Unloads at once what nobody uses of a model of the registry: its files are about to go. */
  drop(name: string, version?: string): void {
    for (const loaded of this.#loaded.all) {
      if (isVersion(loaded, name, version)) this.#loaded.drop(loaded);
    }
  }

  /** Runs a model's file as streams would, once, and forgets it; rejects with the reason when it cannot run. */
  async attempt(found: Examination): Promise<void> {
    const loaded = this.#loaded.load(found, settingsOf({ ...CANDIDATE, device: "cpu" }, this.options), false);
    await loaded.ready;
    this.#loaded.letGo(loaded);
  }

  /** What each replica of a model has done so far. */
  async stats(name: string): Promise<ReplicaStats[]> {
    return await this.#loaded.named(name)?.actor.stats() ?? [];
  }

  /** Replaces a replica that hangs; answers its model's name. */
  replace(key: string, replica: number): string {
    const model = this.#loaded.all.find(({ setup }) => setup.key === key);
    model?.actor.replace(replica);
    return model?.setup.spec.name ?? key;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#loaded.close();
    await this.#declaring;
    await this.#loaded[Symbol.asyncDispose]();
  }

  #examine(model: string, name?: string): Promise<Examination> {
    return examineModel(model, name === undefined ? {} : { name }, { registry: this.options.registry });
  }

  async #take(user: string, name: string): Promise<Taken> {
    await this.#declaring;
    const declaration = this.#declarations.find(({ declared }) => called(declared) === name) ??
      this.#declarations.find(({ declared }) => declared.model === name);
    if (declaration && !declaration.loaded) throw new ModelError("not_found", declaration.fault!);
    const loaded = declaration?.loaded ?? await this.#find(name);
    await this.#loaded.use(loaded, user);
    return await this.#withCandidates(user, loaded, name);
  }

  /** The other versions that the registry says are to run beside it. What cannot be loaded of them is told, and left out. */
  async #withCandidates(user: string, loaded: Loaded, name: string): Promise<Taken> {
    const { setup, origin } = loaded;
    const pinned = origin.kind === "registry" && parseReference(name)?.version !== undefined;
    const alone: Taken = { setup: pinned ? setupNamed(setup, name) : setup, loaded: [loaded] };
    if (origin.kind !== "registry" || origin.pinned || pinned) return alone;
    const model = await this.options.registry?.get(origin.name).catch(() => undefined);
    const all: Loaded[] = [loaded];
    const candidates: CandidateSetup[] = [];
    for (const { role, share, version } of model ? candidatesOf(model) : []) {
      try {
        const candidate = await this.#find(`${origin.name}@${version}`, CANDIDATE);
        await this.#loaded.use(candidate, user);
        candidate.trials++;
        all.push(candidate);
        candidates.push({ role, share, setup: candidate.setup });
      } catch (error) {
        this.options.onFault?.(`The ${role} ${origin.name}@${version} cannot be loaded: ${wordsOf(error)}`);
      }
    }
    return candidates.length === 0 ? alone : { setup: { ...setup, candidates }, loaded: all };
  }

  /** By path, in the registry or built in; else by the name of one that is loaded, as it is called everywhere else. */
  async #find(name: string, settings: Partial<ModelSettings> = {}): Promise<Loaded> {
    let found: Examination;
    try {
      found = await this.#examine(name);
    } catch (error) {
      const loaded = this.#loaded.named(name);
      if (loaded && error instanceof ModelError && error.code === "not_found") return loaded;
      throw error;
    }
    const same = this.#loaded.current.find((loaded) => isSameModel(loaded, found));
    if (same && (same.declared || !givenUp(same.actor.snapshot()))) return same;
    const former = this.#loaded.named(found.spec.name);
    if (!same && former && isFormer(former, found)) {
      // Another process has changed the registry.
      if (givenUp(former.actor.snapshot())) this.#loaded.forget(former);
      else await this.renew(former.setup.spec.family ?? found.spec.name);
      return await this.#find(name, settings);
    }
    // Two files of one name are two models.
    const named = !same && former ? namedApart(found) : found.spec;
    const other = this.#loaded.named(named.name);
    if (other && !givenUp(other.actor.snapshot())) return other;
    const loaded = this.#loaded.load({ ...found, spec: named }, settingsOf(settings, this.options), false);
    this.#loaded.makeCurrent(loaded);
    return loaded;
  }

  /** What is loaded under a model's bare name becomes what the registry says it is by now. */
  async #refresh(name: string): Promise<void> {
    for (const former of this.#loaded.current) {
      const { origin, setup, settings, declared, leases } = former;
      if (origin.kind !== "registry" || origin.name !== name) continue;
      const found = await this.#examine(origin.pinned ? `${name}@${origin.version}` : name);
      const { family: _, ...rest } = found.spec;
      const { name: title, family } = setup.spec;
      const spec = { ...rest, name: title, ...(family !== undefined && { family }) };
      if (isDeepStrictEqual(spec, setup.spec)) continue;
      if (!declared && leases.size === 0) {
        this.#loaded.drop(former);
        continue;
      }
      const fresh = this.#loaded.load({ ...found, spec }, settings, declared);
      await fresh.ready;
      for (const declaration of this.#declarations) if (declaration.loaded === former) declaration.loaded = fresh;
      former.declared = false;
      this.#loaded.makeCurrent(fresh);
    }
  }

  #giveBack({ loaded: [loaded, ...tried] }: Taken, user: string): void {
    for (const candidate of tried) candidate.trials--;
    for (const one of [loaded, ...tried]) this.#loaded.release(one, user);
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
    const settings = settingsOf(declared, this.options);
    const current = this.#loaded.named(spec.name);
    if (current && this.#fits(current, spec, settings)) return { declared, loaded: current };
    const loaded = this.#loaded.load(found.value, settings, true);
    if (!current) this.#loaded.makeCurrent(loaded);
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
        const former = this.#loaded.named(loaded!.setup.spec.name);
        declarations[n].fault = wordsOf(error);
        declarations[n].loaded = former;
      }
    }));
    // A later word counts more.
    if (declarations !== this.#declarations) return [];
    const kept = new Set(declarations.map(({ loaded }) => loaded));
    const outdone: Loaded[] = [];
    for (const loaded of kept) {
      const former = loaded && this.#loaded.named(loaded.setup.spec.name);
      if (!loaded || former === loaded) continue;
      this.#loaded.makeCurrent(loaded);
      if (former) outdone.push(former);
    }
    for (const loaded of this.#loaded.all) {
      if (kept.has(loaded)) continue;
      loaded.declared = false;
      this.#loaded.letGo(loaded);
    }
    return [...new Set(outdone.flatMap(({ leases }) => [...leases.keys()]))];
  }
}

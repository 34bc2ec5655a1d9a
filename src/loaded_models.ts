import { InferenceActor } from "../actors/inference_actor.ts";
import type { ModelSetup } from "../actors/protocol.ts";
import type { Examination } from "../models/manifest.ts";
import { copiesOf, type Loaded, type ModelPoolOptions, type ModelSettings } from "./pooled_model.ts";

/**
 * The models that are loaded: each stays as long as somebody uses it or it is declared, and a while longer. Of several of
 * one name the current one is given to who asks; another one may still be in use.
 */
export class LoadedModels implements AsyncDisposable {
  #all = new Set<Loaded>();
  #current = new Map<string, Loaded>();
  #unloading = new Set<Promise<void>>();
  #keys = 0;
  #closed = false;

  constructor(private readonly options: ModelPoolOptions) {}

  /** Everything that is loaded. */
  get all(): readonly Loaded[] {
    return [...this.#all];
  }

  /** Those that whoever asks now is given. */
  get current(): readonly Loaded[] {
    return [...this.#current.values()];
  }

  /** The one that is given to who asks for this name. */
  named(name: string): Loaded | undefined {
    return this.#current.get(name);
  }

  /** Begins to load a model; it is nobody's and not current so far. */
  load({ graph, spec, why, origin }: Examination, settings: ModelSettings, declared: boolean): Loaded {
    if (this.#closed) throw new Error(`Cannot load ${spec.name}: everything stops`);
    const replicas = copiesOf(spec, settings), { maxDelayMs } = settings;
    const maxBatch = Math.min(settings.maxBatch, spec.input.maxBatch);
    const setup: ModelSetup = { key: `${spec.name}~${++this.#keys}`, spec, replicas, maxBatch, maxDelayMs };
    const actor = new InferenceActor({ ...this.options, ...settings, setup });
    const ready = actor.start();
    const loaded: Loaded = {
      graph,
      why,
      origin,
      setup,
      settings,
      actor,
      declared,
      ready,
      leases: new Map(),
      trials: 0,
    };
    this.#all.add(loaded);
    loaded.ready.catch(() => this.forget(loaded));
    return loaded;
  }

  /** Gives it from now on to who asks for its name, in the place of another one. */
  makeCurrent(loaded: Loaded): void {
    const { name } = loaded.setup.spec;
    const former = this.#current.get(name);
    this.#current.set(name, loaded);
    if (former) this.letGo(former);
  }

  /** Before anything is waited for: whoever asks for a model keeps it from being unloaded. */
  async use(loaded: Loaded, user: string): Promise<void> {
    clearTimeout(loaded.linger);
    delete loaded.linger;
    loaded.leases.set(user, (loaded.leases.get(user) ?? 0) + 1);
    try {
      await loaded.ready;
    } catch (error) {
      this.release(loaded, user);
      throw error;
    }
  }

  /** Ends one use. */
  release(loaded: Loaded, user: string): void {
    const left = loaded.leases.get(user)! - 1;
    if (left > 0) loaded.leases.set(user, left);
    else loaded.leases.delete(user);
    this.letGo(loaded);
  }

  /** Unloads a model that nobody wants any more: after a while, or at once when another one has taken its place. */
  letGo(loaded: Loaded): void {
    if (!this.#idle(loaded)) return;
    if (this.named(loaded.setup.spec.name) !== loaded) return this.#unload(loaded);
    loaded.linger ??= setTimeout(() => {
      delete loaded.linger;
      this.drop(loaded);
    }, this.options.lingerMs);
  }

  /** Unloads a model at once, if nobody wants it. */
  drop(loaded: Loaded): void {
    if (this.#idle(loaded)) this.#unload(loaded);
  }

  /** Gives it to nobody any more, whatever becomes of it. */
  forget(loaded: Loaded): void {
    clearTimeout(loaded.linger);
    this.#all.delete(loaded);
    const { name } = loaded.setup.spec;
    if (this.#current.get(name) === loaded) this.#current.delete(name);
  }

  /** Loads and unloads nothing any more. */
  close(): void {
    this.#closed = true;
    for (const { linger } of this.#all) clearTimeout(linger);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.all(this.all.map(({ actor }) => actor[Symbol.asyncDispose]()));
    await Promise.all(this.#unloading);
  }

  #idle(loaded: Loaded): boolean {
    return !this.#closed && !loaded.declared && loaded.leases.size === 0 && this.#all.has(loaded);
  }

  #unload(loaded: Loaded): void {
    this.forget(loaded);
    const { actor, setup: { key } } = loaded;
    const gone = actor[Symbol.asyncDispose]().then(() => this.options.wiring.unloaded(key));
    this.#unloading.add(gone);
    void gone.finally(() => this.#unloading.delete(gone));
  }
}

import type { RegistryStore } from "../../models/registry_store.ts";

/** What a {@link RegistryWatch} looks at, and who hears of it. */
export interface RegistryWatchOptions {
  registry: RegistryStore;
  /** Another process has changed the model of that name, added it or taken it away. */
  changed(name: string): Promise<void>;
  onFault(error: unknown): void;
}

const LOOK_MS = 1000;

/** Notices what others do to the registry: the command line works on the same folder as a server that runs. */
export class RegistryWatch implements AsyncDisposable {
  #stamp = "";
  #seen = new Map<string, string>();
  #looking: Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(private readonly options: RegistryWatchOptions) {
    this.#looking = this.#read().then((seen) => this.#seen = seen, (error) => options.onFault(error))
      .then(() => this.#later());
  }

  /** What the model is by now is known to whoever asks to be told. */
  async note(name: string): Promise<void> {
    const model = await this.options.registry.get(name);
    if (model) this.#seen.set(name, JSON.stringify(model));
    else this.#seen.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().catch((error) => this.options.onFault(error)).then(() => this.#later());
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    const { registry, changed, onFault } = this.options;
    const stamp = await registry.stamp();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    const before = this.#seen;
    const now = this.#seen = await this.#read();
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(name) === now.get(name) || this.#closed) continue;
      await changed(name).catch(onFault);
    }
  }

  async #read(): Promise<Map<string, string>> {
    const { models } = await this.options.registry.list();
    return new Map(models.map((model) => [model.name, JSON.stringify(model)]));
  }
}

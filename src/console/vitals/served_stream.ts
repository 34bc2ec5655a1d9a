import { signal } from "@preact/signals";
import { call, ProblemError } from "../api/client.ts";
import type { Ask, PipelineInput } from "../webcam/own_stream.ts";

/** A stream that the server plays for this page. */
export interface ServedRegistration {
  id: string;
  source: Readonly<Record<string, unknown>>;
  pipeline: readonly PipelineInput[];
}

/** What a {@link ServedStream} stands on. */
export interface ServedOptions {
  ask?: Ask;
  /** Once it is not played any more, or never was. */
  onRemoved?(): void;
}

/** So that whoever finds one that was left behind knows where it is from. */
const LABELS = { page: "vitals" };

/** A stream that is there for as long as a page looks at it: made now, removed when it is disposed of. */
export class ServedStream implements Disposable {
  /** Whether the server has it. */
  readonly made = signal(false);
  /** Why it has not. */
  readonly fault = signal<unknown>(undefined);
  #over = false;

  constructor(private readonly registration: ServedRegistration, private readonly options: ServedOptions = {}) {
    void this.#make();
  }

  get id(): string {
    return this.registration.id;
  }

  /** Goes on with another pipeline. */
  async set(pipeline: readonly PipelineInput[]): Promise<void> {
    await this.#try(() => this.#ask("PATCH", this.#path, { pipeline }));
  }

  /** Plays it from its beginning. */
  async replay(): Promise<void> {
    await this.#try(() => this.#ask("POST", `${this.#path}/restart`));
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    if (this.made.peek()) this.#remove();
    else if (this.fault.peek() !== undefined) this.options.onRemoved?.();
  }

  async #make(): Promise<void> {
    const make = () => this.#ask("POST", "/api/v1/streams", { ...this.registration, labels: LABELS });
    await this.#try(async () => {
      await make().catch(async (error) => {
        if (!(error instanceof ProblemError) || error.status !== 409) throw error;
        // This browser's own, from a visit that ended without a word.
        await this.#ask("DELETE", this.#path);
        await make();
      });
      if (this.#over) this.#remove();
      else this.made.value = true;
    });
  }

  #remove(): void {
    // What is left behind is found and removed at the next visit.
    this.#ask("DELETE", this.#path, undefined, { keepalive: true }).catch(() => {}).finally(this.options.onRemoved);
  }

  async #try(what: () => Promise<unknown>): Promise<void> {
    this.fault.value = undefined;
    try {
      await what();
    } catch (error) {
      if (!this.#over) this.fault.value = error;
    }
  }

  get #ask(): Ask {
    return this.options.ask ?? call;
  }

  get #path(): string {
    return `/api/v1/streams/${encodeURIComponent(this.id)}`;
  }
}

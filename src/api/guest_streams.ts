import { ServiceError } from "../core/service_error.ts";
import type { StreamService, StreamView } from "../core/services.ts";
import type { StreamRegistration } from "../core/stream.ts";

/** What guests' streams need. */
export interface GuestStreamsOptions {
  streams: StreamService;
  /** Aborts when the server stops; what is still there then goes when it has started again. */
  signal: AbortSignal;
  /** How long a guest's stream stays when its sender has gone. Default one minute. */
  lingerMs?: number;
}

/** Marks a stream as a guest's, over restarts too. */
const LABEL = "guest";
const LINGER_MS = 60_000;
/** As for every stream that is registered. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const MAX_AGE_MS = 1000;

/** Streams that a sender brought into being, and that go some time after it has gone. */
export class GuestStreams {
  #senders = new Map<string, number>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Being made: nobody can have come to them yet. */
  #coming = new Set<string>();

  constructor(private readonly options: GuestStreamsOptions) {
    const { signal, lingerMs = LINGER_MS } = options;
    // Guests of a server that was ended before they were.
    const inherited = setTimeout(() => void this.#lookAround(), lingerMs);
    signal.addEventListener("abort", () => {
      clearTimeout(inherited);
      for (const timer of this.#timers.values()) clearTimeout(timer);
    }, { once: true });
  }

  /** The stream of that name, made now when there is none and models for it are named. */
  async find(id: string, models?: readonly string[]): Promise<StreamView> {
    const { streams } = this.options;
    if (models === undefined) return await streams.get(id);
    try {
      return await streams.get(id);
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === "not_found")) throw error;
    }
    this.#coming.add(id);
    try {
      return await streams.create(registrationOf(id, models));
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof ServiceError && error.code === "conflict") return await streams.get(id);
      throw error;
    } finally {
      this.#coming.delete(id);
      this.#linger(id);
    }
  }

  /** A sender has come. */
  arrived(id: string): void {
    this.#senders.set(id, (this.#senders.get(id) ?? 0) + 1);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** A sender has gone. */
  left(id: string): void {
    const others = (this.#senders.get(id) ?? 1) - 1;
    if (others > 0) this.#senders.set(id, others);
    else {
      this.#senders.delete(id);
      this.#linger(id);
    }
  }

  #linger(id: string): void {
    const { signal, lingerMs = LINGER_MS } = this.options;
    if (signal.aborted || this.#senders.has(id)) return;
    clearTimeout(this.#timers.get(id));
    this.#timers.set(id, setTimeout(() => void this.#sendOff(id), lingerMs));
  }

  async #sendOff(id: string): Promise<void> {
    this.#timers.delete(id);
    const { streams } = this.options;
    try {
      // One that was registered under the name since is nobody's guest.
      if (isGuest(await streams.get(id)) && this.#isLeft(id)) await streams.remove(id);
    } catch {
      // It is gone already, or the server is about to be.
    }
  }

  async #lookAround(): Promise<void> {
    const all = await this.options.streams.list().catch(() => []);
    for (const view of all) {
      if (isGuest(view) && this.#isLeft(view.id)) await this.#sendOff(view.id);
    }
  }

  /** Nobody is there, nobody was lately, nobody is about to be. */
  #isLeft(id: string): boolean {
    return !this.#senders.has(id) && !this.#timers.has(id) && !this.#coming.has(id);
  }
}

function isGuest({ registration: { source, labels } }: StreamView): boolean {
  return source.kind === "webcam" && labels[LABEL] === "webcam";
}

function registrationOf(id: string, models: readonly string[]): StreamRegistration {
  if (!NAME.test(id)) {
    const message = "up to 63 letters, digits, dots, dashes and underscores; the first a letter or digit";
    throw new ServiceError("invalid", `Cannot call a stream ${id}`, { faults: [{ path: "id", message }] });
  }
  return {
    id,
    source: { kind: "webcam" },
    // Steps are called by their models' tasks, which several may share.
    pipeline: models.map((model) => ({ model, ...(models.length > 1 && { name: stepName(model) }) })),
    policy: { mode: "latest", weight: 1, capacity: 8, maxAgeMs: MAX_AGE_MS },
    labels: { [LABEL]: "webcam" },
  };
}

/** A model may be named by the path of its file. */
function stepName(model: string): string {
  return model.replace(/^.*[\\/]/, "").replace(/\.onnx$/i, "").replace(/[^A-Za-z0-9._-]/g, "-");
}

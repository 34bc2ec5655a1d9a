/** One press of Ctrl-C may arrive several times: from the terminal, and passed on by npx and deno task. */
const ECHO_MS = 500;

/** What happens at a wish to stop. */
export interface StopRequestOptions {
  /** Asks to stop as SIGTERM does. */
  signal?: AbortSignal;
  onFirst(signal: Deno.Signal): void;
  /** Somebody has lost patience. */
  onSecond(): void;
}

/** Hears the signals that ask a program to stop, until it is disposed. */
export class StopRequest implements Disposable {
  #firstAtMs: number | undefined;
  #listeners = new Map<Deno.Signal, () => void>();
  #onAbort = () => this.#ask("SIGTERM");

  constructor(private readonly options: StopRequestOptions) {
    // Windows has no SIGTERM to listen to.
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
    for (const signal of signals) {
      const listener = () => this.#ask(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted) this.#ask("SIGTERM");
  }

  /** Whether the program was asked to stop. */
  get made(): boolean {
    return this.#firstAtMs !== undefined;
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.clear();
    this.options.signal?.removeEventListener("abort", this.#onAbort);
  }

  #ask(signal: Deno.Signal): void {
    if (this.#firstAtMs === undefined) {
      this.#firstAtMs = performance.now();
      this.options.onFirst(signal);
    } else if (performance.now() - this.#firstAtMs > ECHO_MS) this.options.onSecond();
  }
}

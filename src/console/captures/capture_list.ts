import { signal } from "@preact/signals";
import type { CapturePage, CaptureReason, CaptureView } from "../../core/captures.ts";
import { call } from "../api/client.ts";
import { boundsOf } from "./capture_days.ts";

/** Which captures are looked at; what is empty leaves nothing out. */
export interface CaptureFilter {
  stream: string;
  kind: "" | CaptureView["kind"];
  reason: "" | CaptureReason;
  /** `2026-01-31`, in the reader's calendar. */
  day: string;
}

/** Nothing is left out. */
export const ALL_CAPTURES: CaptureFilter = { stream: "", kind: "", reason: "", day: "" };

const PAGE = 60;
/** Pages without anything that fits are passed over, so many of them. */
const PASSED_MOST = 10;

/** Captures, newest first, as far back as somebody wanted to see them. */
export class CaptureList implements Disposable {
  /** Undefined until the server has answered. */
  readonly captures = signal<readonly CaptureView[] | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  readonly busy = signal(false);
  /** There are more, further back. */
  readonly more = signal(false);
  /** There are newer ones than are shown. */
  readonly newer = signal(false);
  /** Names of the streams that were come by: what is kept outlives its stream. */
  readonly streams = signal<ReadonlySet<string>>(new Set());
  #filter = ALL_CAPTURES;
  #next: string | undefined;
  #running = new AbortController();

  /** Begins anew with what fits a filter. */
  async show(filter: CaptureFilter): Promise<void> {
    this.#filter = filter;
    this.#next = undefined;
    this.captures.value = undefined;
    await this.#load();
  }

  /** Goes further back. */
  async goOn(): Promise<void> {
    if (!this.busy.peek()) await this.#load();
  }

  /** Looks whether there are newer ones by now. */
  async look(signal: AbortSignal): Promise<void> {
    const shown = this.captures.peek();
    if (!shown || this.busy.peek()) return;
    const { signal: running } = this.#running;
    const page = await this.#ask({ limit: 1 }, signal).catch(() => undefined);
    const newest = page?.captures[0];
    if (!newest || running.aborted) return;
    // Where nothing is shown nothing is pushed out of sight either.
    if (shown.length === 0) await this.show(this.#filter);
    else if (newest.id > shown[0].id) this.newer.value = true;
  }

  /** One is gone. */
  drop(id: string): void {
    this.captures.value = this.captures.peek()?.filter((capture) => capture.id !== id);
  }

  [Symbol.dispose](): void {
    this.#running.abort();
  }

  async #load(): Promise<void> {
    this.#running.abort();
    const { signal } = this.#running = new AbortController();
    this.busy.value = true;
    this.error.value = undefined;
    if (this.#next === undefined) this.newer.value = false;
    try {
      for (let passed = 0; passed < PASSED_MOST; passed++) {
        const { captures, next } = await this.#ask({ limit: PAGE, after: this.#next }, signal);
        this.#next = next;
        this.captures.value = [...this.captures.peek() ?? [], ...captures];
        this.more.value = next !== undefined;
        this.streams.value = new Set([...this.streams.peek(), ...captures.map(({ stream }) => stream)]);
        if (captures.length > 0 || next === undefined) break;
      }
    } catch (error) {
      if (!signal.aborted) this.error.value = error;
    } finally {
      if (this.#running.signal === signal) this.busy.value = false;
    }
  }

  #ask({ limit, after }: { limit: number; after?: string | undefined }, signal: AbortSignal): Promise<CapturePage> {
    const { day, ...named } = this.#filter;
    const query = new URLSearchParams({ limit: `${limit}` });
    const asked = { ...named, ...boundsOf(day), after: after ?? "" };
    for (const [name, value] of Object.entries(asked)) if (value !== "") query.set(name, value);
    return call<CapturePage>("GET", `/api/v1/captures?${query}`, undefined, { signal });
  }
}

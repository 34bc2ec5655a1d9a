import type { LogEvent } from "../core/events.ts";

/** Forms of one event that are kept for others: who asks for a rarer one pays for it alone. */
const FORMS = 8;

/**
 * One event with its place in the log. What is made of it (filtered forms, their texts) is kept while it is news and many
 * want it at once; later it is made anew for the few who come for it, so that the log holds events and nothing else.
 */
export class Entry {
  #forms: Map<string, Form | undefined> | undefined = new Map();

  constructor(
    readonly position: number,
    readonly event: LogEvent,
    /** Estimated memory of the event. */
    readonly bytes: number,
    readonly atMs: number,
  ) {}

  /** True while what is made of the event is kept. */
  get news(): boolean {
    return this.#forms !== undefined;
  }

  /** The event in a form under a name of its own; undefined when nothing is left of it. */
  form(name: string, make: (event: LogEvent) => LogEvent | undefined): Form | undefined {
    if (this.#forms?.has(name)) return this.#forms.get(name);
    const event = make(this.event);
    const form = event && new Form(this, event);
    if (this.#forms && this.#forms.size < FORMS) this.#forms.set(name, form);
    return form;
  }

  /** It is news no longer. */
  cool(): void {
    for (const form of this.#forms?.values() ?? []) form?.cool();
    this.#forms = undefined;
  }
}

/** An event as a filter leaves it. */
export class Form {
  #json: string | undefined;
  #bytes: Uint8Array | undefined;

  constructor(readonly entry: Entry, readonly event: LogEvent) {}

  /** The event as JSON. */
  get json(): string {
    const json = this.#json ?? JSON.stringify(this.event);
    if (this.entry.news) this.#json = json;
    return json;
  }

  /** The event as it goes over a wire; all who call this must make the same of it. */
  bytes(make: (form: Form) => Uint8Array): Uint8Array {
    const bytes = this.#bytes ?? make(this);
    if (this.entry.news) this.#bytes = bytes;
    return bytes;
  }

  /** Lets its texts go. */
  cool(): void {
    this.#json = undefined;
    this.#bytes = undefined;
  }
}

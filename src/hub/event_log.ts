import { nowMs } from "../core/clock.ts";
import type { LogEvent } from "../core/events.ts";

/** Where positions come from. They rise for ever, over restarts too. */
export interface Positions {
  /** Sets `count` positions aside, for good, and answers the first; nobody is given them again. */
  reserve(count: number): number;
}

/** How much a log keeps. Whichever bound is met first counts. */
export interface EventLogOptions {
  positions: Positions;
  /** Most events kept. Default 20,000. */
  events?: number;
  /** Most memory kept, as estimated by {@link weightOf}. Default 64 MiB. */
  bytes?: number;
}

/** One event with its place in the log. Its text is made once, however many read it. */
export class Entry {
  #json: string | undefined;
  #forms = new Map<string, Uint8Array>();

  constructor(readonly position: number, readonly event: LogEvent, readonly bytes: number, readonly atMs: number) {}

  /** The event as JSON. */
  get json(): string {
    return this.#json ??= JSON.stringify(this.event);
  }

  /** A form of the event under a name of its own, made at first asking. */
  form(name: string, make: () => Uint8Array): Uint8Array {
    let form = this.#forms.get(name);
    if (!form) this.#forms.set(name, form = make());
    return form;
  }
}

/** Positions are set aside in blocks this large: one write to the store for so many events. */
const BLOCK = 10_000;

/** The recent past: every event under a position that is never given twice. Oldest leave first. */
export class EventLog {
  #entries: Entry[] = [];
  /** Index of the oldest entry; the places before it are swept now and then. */
  #head = 0;
  #bytes = 0;
  #next: number;
  #reservedTo: number;
  /** All up to this position have left. */
  #forgotten: number;

  constructor(private readonly options: EventLogOptions) {
    this.#next = options.positions.reserve(BLOCK);
    this.#reservedTo = this.#next + BLOCK;
    this.#forgotten = this.#next - 1;
  }

  /** The position of the latest event, or the one before the first that will be. */
  get last(): number {
    return this.#next - 1;
  }

  /** All events up to this position are gone from the log. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Events and estimated bytes held. */
  get size(): { events: number; bytes: number } {
    return { events: this.#entries.length - this.#head, bytes: this.#bytes };
  }

  push(event: LogEvent): Entry {
    if (this.#next === this.#reservedTo) {
      this.#next = this.options.positions.reserve(BLOCK);
      this.#reservedTo = this.#next + BLOCK;
    }
    const entry = new Entry(this.#next++, event, weightOf(event), nowMs());
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    const { events = 20_000, bytes = 64 * 2 ** 20 } = this.options;
    while (this.#entries.length - this.#head > events || (this.#bytes > bytes && this.size.events > 1)) this.#forget();
    return entry;
  }

  /** The events after a position, oldest first. */
  *after(position: number): Generator<Entry> {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].position <= position) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < this.#entries.length; index++) yield this.#entries[index];
  }

  #forget(): void {
    const entry = this.#entries[this.#head++];
    this.#bytes -= entry.bytes;
    this.#forgotten = entry.position;
    // Moving all the others for each that leaves would cost more than what they hold.
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** About how much memory an event takes, without writing it out. */
export function weightOf(event: LogEvent): number {
  let weight = 600;
  if (event.type !== "result") return weight;
  for (const output of Object.values(event.outputs)) {
    for (const value of Object.values(output)) {
      if (Array.isArray(value)) weight += value.length * (typeof value[0] === "object" ? 300 : 16);
      else weight += typeof value === "object" ? 500 : 50;
    }
  }
  return weight;
}

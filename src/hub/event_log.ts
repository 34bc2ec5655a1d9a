import { nowMs } from "../core/clock.ts";
import type { LogEvent } from "../core/events.ts";
import { Entry } from "./entry.ts";
import { weightOf } from "./weight.ts";

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
  /**
   * Positions could not be set aside. Events go on under positions that a restart might give again, until it succeeds.
   */
  onFault?(error: unknown): void;
}

/** Positions are set aside in blocks this large: one write to the store for so many events. */
const BLOCK = 10_000;
/** After so many events the store is asked again when it failed. */
const RETRY = 100;
/** The latest so many events are news. */
const NEWS = 64;

/** The recent past: every event under a position that is never given twice. Oldest leave first. */
export class EventLog {
  #entries: (Entry | undefined)[] = [];
  /** Index of the oldest entry; the places before it are empty, and swept now and then. */
  #head = 0;
  #bytes = 0;
  #next: number;
  #reservedTo: number;
  /** All up to this position have left. */
  #forgotten: number;
  /** From this position on, each was given to an event. */
  #wholeFrom: number;

  constructor(private readonly options: EventLogOptions) {
    this.#next = options.positions.reserve(BLOCK);
    this.#reservedTo = this.#next + BLOCK;
    this.#forgotten = this.#next - 1;
    this.#wholeFrom = this.#next;
  }

  /** The position of the latest event, or the one before the first that will be. */
  get last(): number {
    return this.#next - 1;
  }

  /** All events up to this position are gone from the log. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** How many events had positions from `first` to `last`; undefined where that lies before this log's own time. */
  count(first: number, last: number): number | undefined {
    return first < this.#wholeFrom ? undefined : last - first + 1;
  }

  /** Events and estimated bytes held. */
  get size(): { events: number; bytes: number } {
    return { events: this.#entries.length - this.#head, bytes: this.#bytes };
  }

  push(event: LogEvent): Entry {
    if (this.#next >= this.#reservedTo) this.#reserve();
    const entry = new Entry(this.#next++, event, weightOf(event), nowMs());
    this.#entries.push(entry);
    this.#entries[this.#entries.length - 1 - NEWS]?.cool();
    this.#bytes += entry.bytes;
    const { events = 20_000, bytes = 64 * 2 ** 20 } = this.options;
    while (this.size.events > events || (this.#bytes > bytes && this.size.events > 1)) this.#forget();
    return entry;
  }

  /** The events after a position, oldest first. To be read in one go: the log must not change meanwhile. */
  *after(position: number): Generator<Entry> {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < this.#entries.length; index++) yield this.#entries[index]!;
  }

  /** All events, latest first. To be read in one go, too. */
  *backwards(): Generator<Entry> {
    for (let index = this.#entries.length - 1; index >= this.#head; index--) yield this.#entries[index]!;
  }

  #reserve(): void {
    try {
      const first = this.options.positions.reserve(BLOCK);
      // The block may begin below what was given while the store could not be written.
      if (first > this.#next) this.#wholeFrom = this.#next = first;
      this.#reservedTo = first + BLOCK;
      if (this.#next >= this.#reservedTo) this.#reserve();
    } catch (error) {
      this.#reservedTo = this.#next + RETRY;
      this.options.onFault?.(error);
    }
  }

  #forget(): void {
    const entry = this.#entries[this.#head]!;
    this.#entries[this.#head++] = undefined;
    entry.cool();
    this.#bytes -= entry.bytes;
    this.#forgotten = entry.position;
    // Moving all the others for each that leaves would cost more than an empty place does.
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}

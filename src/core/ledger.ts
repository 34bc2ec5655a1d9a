import { DROP_CAUSES, type DropCause } from "./drops.ts";

/** One reading of a stream's frame accounts. `received = completed + Σ dropped + inFlight` holds at every reading. */
export interface LedgerReading {
  received: number;
  completed: number;
  dropped: Record<DropCause, number>;
  inFlight: number;
  /** Frames whose picture was decoded, whatever became of them: the others cost next to nothing. */
  decoded: number;
  /** `received − completed − Σ dropped − inFlight`; anything but zero is a bug. */
  unaccounted: number;
}

/**
 * The frame accounts of one stream. In-flight frames are counted by their own identity, not derived from the other
 * counters, so a frame that is closed twice or never shows up as a difference instead of hiding in the arithmetic.
 */
export class Ledger {
  #open = new Set<number>();
  #received = 0;
  #completed = 0;
  #decoded = 0;
  #dropped = Object.fromEntries(DROP_CAUSES.map((cause) => [cause, 0])) as Record<DropCause, number>;

  /** Opens the account of frame `seq`. */
  receive(seq: number): void {
    this.#received++;
    this.#open.add(seq);
  }

  /** Notes that a frame's picture was decoded; called once for each that was, before its account is closed. */
  decode(): void {
    this.#decoded++;
  }

  /** Closes frame `seq` as completed. */
  complete(seq: number): void {
    if (this.#open.delete(seq)) this.#completed++;
    else throw new Error(`Cannot complete frame ${seq}: it is not in flight`);
  }

  /** Closes frame `seq` as dropped for `cause`. */
  drop(seq: number, cause: DropCause): void {
    if (this.#open.delete(seq)) this.#dropped[cause]++;
    else throw new Error(`Cannot drop frame ${seq} as ${cause}: it is not in flight`);
  }

  /** Drops everything still in flight, for a stream that stops. Answers how many there were. */
  dropAll(cause: DropCause): number {
    const count = this.#open.size;
    this.#dropped[cause] += count;
    this.#open.clear();
    return count;
  }

  /** Whether frame `seq` is still in flight. */
  isOpen(seq: number): boolean {
    return this.#open.has(seq);
  }

  /** The counters as they stand. */
  read(): LedgerReading {
    const dropped = { ...this.#dropped };
    const total = DROP_CAUSES.reduce((sum, cause) => sum + dropped[cause], 0);
    const inFlight = this.#open.size;
    return {
      received: this.#received,
      completed: this.#completed,
      dropped,
      inFlight,
      decoded: this.#decoded,
      unaccounted: this.#received - this.#completed - total - inFlight,
    };
  }
}

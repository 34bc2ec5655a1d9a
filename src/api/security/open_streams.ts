import { Problem } from "../problem.ts";

/** Counts the answers that go on: so many of one caller, so many in all. */
export class OpenStreams {
  #byCaller = new Map<string, number>();
  #all = 0;

  constructor(private readonly limits: { all: number; ofOne: number }) {}

  /** How many are open. */
  get open(): number {
    return this.#all;
  }

  /** Takes a place and answers how to give it back, which may be done twice; throws the problem when none is left. */
  take(caller: string): () => void {
    const { all, ofOne } = this.limits;
    const own = this.#byCaller.get(caller) ?? 0;
    if (own >= ofOne) throw full(`You have ${own} event streams and WebSockets open, and one caller may have ${ofOne}`);
    if (this.#all >= all) throw full(`All ${all} places for event streams and WebSockets are taken`);
    this.#byCaller.set(caller, own + 1);
    this.#all++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#all--;
      const left = this.#byCaller.get(caller)! - 1;
      if (left > 0) this.#byCaller.set(caller, left);
      else this.#byCaller.delete(caller);
    };
  }
}

function full(message: string): Problem {
  return new Problem("too_many", `${message}; close one first (limits.listeners)`, { headers: { "retry-after": "5" } });
}

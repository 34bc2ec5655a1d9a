/** So many restarts in so much time. */
export interface BudgetOptions {
  restarts: number;
  withinMs: number;
}

/** Counts restarts in a sliding window; past the budget, trying again is no longer a cure. */
export class Budget {
  #spent: number[] = [];

  /** The options are read anew every time: they may change under way. */
  constructor(private readonly options: BudgetOptions) {}

  get restarts(): number {
    return this.options.restarts;
  }

  get withinMs(): number {
    return this.options.withinMs;
  }

  /** Takes one restart out and answers whether there was one left. */
  spend(nowMs: number): boolean {
    const { restarts, withinMs } = this;
    if (restarts === Infinity) return true;
    while (this.#spent.length > 0 && this.#spent[0] <= nowMs - withinMs) this.#spent.shift();
    if (this.#spent.length >= restarts) return false;
    this.#spent.push(nowMs);
    return true;
  }

  /** Forgets past restarts. */
  reset(): void {
    this.#spent = [];
  }
}

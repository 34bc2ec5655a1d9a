/** So many restarts in so much time. */
export interface BudgetOptions {
  restarts: number;
  withinMs: number;
}

/** Counts restarts in a sliding window; past the budget, trying again is no longer a cure. */
export class Budget {
  readonly restarts: number;
  readonly withinMs: number;
  #spent: number[] = [];

  constructor(options: BudgetOptions) {
    this.restarts = options.restarts;
    this.withinMs = options.withinMs;
  }

  /** Takes one restart out and answers whether there was one left. */
  spend(nowMs: number): boolean {
    if (this.restarts === Infinity) return true;
    while (this.#spent.length > 0 && this.#spent[0] <= nowMs - this.withinMs) this.#spent.shift();
    if (this.#spent.length >= this.restarts) return false;
    this.#spent.push(nowMs);
    return true;
  }

  /** Forgets past restarts. */
  reset(): void {
    this.#spent = [];
  }
}

/** Weight of the newest cost in a moving average. */
const FRESH = 0.25;
/** One caller may hold so many times the places that are left: somebody new always finds one. */
const GREED = 3;
/** What so many models cost is remembered. */
const MODELS = 64;

/** What a model has under way, and what one image of it has cost lately. */
interface Work {
  byCaller: Map<string, number>;
  total: number;
  /** Time that passes for each image ahead of another and for itself. */
  costMs?: number;
}

/** An image on its way. */
export interface Entered {
  /** Nothing was ahead of it. */
  readonly alone: boolean;
  /** It was answered, or ran out of time, after so long. */
  took(ms: number): void;
  leave(): void;
}

/**
 * Who has how many images under way, and how long another one would take. Callers take turns, so that whoever has few
 * under way waits for few, whatever others do.
 */
export class PredictLoad {
  #held = new Map<string, number>();
  #total = 0;
  #models = new Map<string, Work>();

  constructor(private readonly places: number) {}

  /** Places that are taken. */
  get taken(): number {
    return this.#total;
  }

  /** Takes as many places as are wanted, or as there are for this caller; none when there is no room. */
  take(caller: string, wanted: number): number {
    const free = this.places - this.#total;
    const own = this.#held.get(caller) ?? 0;
    const count = Math.min(wanted, free, GREED * free - own);
    if (count < 1) return 0;
    this.#total += count;
    this.#held.set(caller, own + count);
    return count;
  }

  /** Gives places back. */
  give(caller: string, count: number): void {
    this.#total -= count;
    const own = this.#held.get(caller)! - count;
    if (own > 0) this.#held.set(caller, own);
    else this.#held.delete(caller);
  }

  /** How long another image of this caller would take, as far as is known. With nothing under way that is not held against it. */
  expectedMs(model: string, caller: string): number {
    const work = this.#models.get(model);
    return work?.costMs === undefined || work.total === 0 ? 0 : work.costMs * ahead(work, caller);
  }

  /** An image begins to wait for a model. */
  enter(model: string, caller: string): Entered {
    const work = this.#work(model);
    const { byCaller } = work;
    const position = ahead(work, caller);
    work.total++;
    byCaller.set(caller, (byCaller.get(caller) ?? 0) + 1);
    return {
      alone: position === 1,
      took(ms) {
        const costMs = ms / position;
        // With nothing ahead of it no image takes less than one costs, whatever was thought while threads were starting.
        const sure = work.costMs === undefined || position === 1 && costMs < work.costMs;
        work.costMs = sure ? costMs : work.costMs! + FRESH * (costMs - work.costMs!);
      },
      leave() {
        work.total--;
        const left = byCaller.get(caller)! - 1;
        if (left > 0) byCaller.set(caller, left);
        else byCaller.delete(caller);
      },
    };
  }

  #work(model: string): Work {
    let work = this.#models.get(model);
    if (work) return work;
    if (this.#models.size >= MODELS) {
      for (const [other, { total }] of this.#models) if (total === 0) this.#models.delete(other);
    }
    this.#models.set(model, work = { byCaller: new Map(), total: 0 });
    return work;
  }
}

/** How many images go before another one of this caller, itself included: all there are, or fewer where others wait in turn. */
function ahead({ byCaller, total }: Work, caller: string): number {
  const own = byCaller.get(caller) ?? 0;
  const callers = byCaller.size + (own === 0 ? 1 : 0);
  return Math.min(total + 1, callers * (own + 1));
}

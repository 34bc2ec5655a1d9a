import type { ResultEnvelope } from "../../core/results.ts";

/** Names a frame: pictures and results of the same one have the same name. */
export function frameKey(
  { epoch, seq }: { epoch: number; seq: number },
): string {
  return `${epoch}:${seq}`;
}

/** The last results of a stream, found by the frame that they are of. */
export class ResultRing<
  T extends Pick<ResultEnvelope, "epoch" | "seq"> = ResultEnvelope,
> {
  #results = new Map<string, T>();

  constructor(private readonly size = 64) {}

  /** Folds a result in; false when it is here already. */
  push(result: T): boolean {
    const key = frameKey(result);
    if (this.#results.has(key)) return false;
    this.#results.set(key, result);
    if (this.#results.size > this.size) {
      this.#results.delete(this.#results.keys().next().value!);
    }
    return true;
  }

  /** The result of a frame. */
  of(frame: { epoch: number; seq: number }): T | undefined {
    return this.#results.get(frameKey(frame));
  }

  /** All that are held, oldest first. */
  list(): T[] {
    return [...this.#results.values()];
  }
}

import type { OperatorFunction } from "rxjs";
import { Observable } from "rxjs/internal/Observable";
import { type DropCause, dropCauseOf } from "../src/core/drops.ts";
import type { FlowMode } from "../src/core/stream.ts";
import type { Credits } from "./credits.ts";

/** How {@link latestMap} trades completeness against freshness. */
export interface LatestMapOptions<T, P, R> {
  mode: FlowMode;
  /** Places of the queue that waits; `latest` has one whatever this says. */
  capacity: number;
  /** How many items may be under way at once. */
  concurrency: number;
  /** The right to run one item. Asked for while an item waits; the item is chosen when it comes, not when it is asked for. */
  permit(item: T, signal: AbortSignal): Promise<P>;
  /** Gives an unused right back. */
  pass(permit: P): void;
  /** Whether the chosen item is still worth running. */
  fresh?(item: T, permit: P): boolean;
  project(item: T, permit: P): Promise<R>;
  /** Told of every item that gives no result, with its cause. Owns the item from then on. */
  drop(item: T, cause: DropCause, reason?: unknown): void;
  /** Holds the producer back in mode `block`: one credit for each item that waits. */
  credits?: Credits;
}

/**
 * Maps items through a scarce, shared resource. An item is bound to a permit only when the permit is there, so under
 * overload the newest runs and the outrun ones are dropped before they cost anything. Results keep the items' order.
 */
export function latestMap<T, P, R>(options: LatestMapOptions<T, P, R>): OperatorFunction<T, R> {
  const { mode, concurrency, credits } = options;
  const capacity = mode === "latest" ? 1 : options.capacity;
  return (source$) =>
    new Observable<R>((subscriber) => {
      const abort = new AbortController();
      const waiting: T[] = [];
      // Results wait here for their forerunners; a dropped item leaves an empty place.
      const order: { item: T; settled: boolean; result?: { value: R } }[] = [];
      let asked = 0;
      let sourceDone = false;

      const leave = (item: T, cause: DropCause, reason?: unknown) => options.drop(item, cause, reason);
      const shift = (): T | undefined => {
        const item = waiting.shift();
        if (item !== undefined) credits?.give();
        return item;
      };
      const flush = () => {
        while (order[0]?.settled) {
          const { result } = order.shift()!;
          if (result) subscriber.next(result.value);
        }
        if (sourceDone && waiting.length === 0 && order.length === 0) subscriber.complete();
      };
      const run = async (item: T, permit: P) => {
        const place: (typeof order)[number] = { item, settled: false };
        order.push(place);
        try {
          const value = await options.project(item, permit);
          if (abort.signal.aborted) leave(item, "stopped");
          else place.result = { value };
        } catch (error) {
          leave(item, abort.signal.aborted ? "stopped" : dropCauseOf(error), error);
        }
        place.settled = true;
        if (abort.signal.aborted) return;
        flush();
        ask();
      };
      const granted = (permit: P) => {
        asked--;
        let item = shift();
        while (item !== undefined && options.fresh && !options.fresh(item, permit)) {
          leave(item, "stale");
          item = shift();
        }
        if (item === undefined) {
          options.pass(permit);
          flush();
        } else void run(item, permit);
        ask();
      };
      const refused = (error: unknown) => {
        asked--;
        if (abort.signal.aborted) return;
        const item = shift();
        if (item !== undefined) leave(item, dropCauseOf(error), error);
        flush();
        ask();
      };
      const ask = () => {
        while (asked < waiting.length && asked + order.length < concurrency) {
          asked++;
          options.permit(waiting[asked - 1], abort.signal).then(
            (permit) => abort.signal.aborted ? options.pass(permit) : granted(permit),
            refused,
          );
        }
      };

      const subscription = source$.subscribe({
        next(item) {
          if (waiting.length >= capacity && mode === "drop-newest") return leave(item, "overflow");
          if (waiting.length >= capacity && mode !== "block") leave(shift()!, mode === "latest" ? "stale" : "overflow");
          waiting.push(item);
          credits?.take();
          ask();
        },
        error: (error) => subscriber.error(error),
        complete() {
          sourceDone = true;
          flush();
        },
      });
      return () => {
        subscription.unsubscribe();
        abort.abort();
        for (let item = shift(); item !== undefined; item = shift()) leave(item, "stopped");
        for (const { item, result } of order) if (result) leave(item, "stopped");
      };
    });
}

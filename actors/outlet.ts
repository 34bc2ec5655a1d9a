import { Observable } from "rxjs/internal/Observable";
import { Subject } from "rxjs/internal/Subject";

/**
 * The way out of an actor's events. A worker's first events arrive in the same turn as its answer that it is ready,
 * before anybody could subscribe; they are held, up to a bound, for the first subscriber.
 */
export class Outlet<T> {
  readonly events$: Observable<T>;
  #subject = new Subject<T>();
  #held: T[] | undefined = [];
  #dropped = 0;
  #done = false;

  constructor(readonly capacity = 256) {
    this.events$ = new Observable((subscriber) => {
      // Held on to until all are out: what is emitted meanwhile gets in line behind them.
      for (const held = this.#held; held && held.length > 0;) subscriber.next(held.shift()!);
      this.#held = undefined;
      return this.#subject.subscribe(subscriber);
    });
  }

  /** Events that came before the first subscriber and found no place. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands an event to all subscribers. */
  emit(event: T): void {
    if (this.#held === undefined) return this.#subject.next(event);
    if (this.#done) return;
    this.#held.push(event);
    if (this.#held.length > this.capacity) {
      this.#held.shift();
      this.#dropped++;
    }
  }

  /** Completes the events. */
  close(): void {
    this.#done = true;
    this.#subject.complete();
  }
}

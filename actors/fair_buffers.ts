import type { BufferHome } from "../src/core/inference.ts";
import { FramePool } from "../streams/frame_pool.ts";

interface Waiter {
  resolve(buffer: ArrayBuffer): void;
}

/** A model's buffers for single images. Whoever waits for one waits with his own only: callers take turns. */
export class FairBuffers implements BufferHome {
  #pool: FramePool;
  /** By caller, whose turn is next first. */
  #waiting = new Map<string, Waiter[]>();

  constructor(bufferBytes: number, capacity: number) {
    this.#pool = new FramePool(bufferBytes, capacity);
  }

  /** A buffer as soon as one is free and this caller is next; whoever gives up takes none. */
  take(caller: string, signal: AbortSignal): Promise<ArrayBuffer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const free = this.#waiting.size === 0 ? this.#pool.takeFree() : undefined;
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#forgetWaiter(caller, waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        resolve(buffer) {
          signal.removeEventListener("abort", abort);
          resolve(buffer);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      const own = this.#waiting.get(caller);
      if (own) own.push(waiter);
      else this.#waiting.set(caller, [waiter]);
    });
  }

  give(buffer: ArrayBuffer): void {
    this.#pool.give(buffer);
    this.#serve();
  }

  forget(): void {
    this.#pool.forget();
    this.#serve();
  }

  #serve(): void {
    const [next] = this.#waiting;
    const buffer = next && this.#pool.takeFree();
    if (!buffer) return;
    const [caller, waiters] = next;
    const waiter = waiters.shift()!;
    // Those who have had their turn go to the end.
    this.#waiting.delete(caller);
    if (waiters.length > 0) this.#waiting.set(caller, waiters);
    waiter.resolve(buffer);
  }

  #forgetWaiter(caller: string, waiter: Waiter): void {
    const left = this.#waiting.get(caller)?.filter((other) => other !== waiter);
    if (left?.length === 0) this.#waiting.delete(caller);
    else if (left) this.#waiting.set(caller, left);
  }
}

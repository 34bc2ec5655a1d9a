/** A frame that waits for a model, as the dispatcher sees it. */
export interface Offer {
  key: string;
  stream: string;
  /** On the clock of `nowMs()`; may be infinite. */
  deadlineMs: number;
  offeredAtMs: number;
  weight: number;
  /** A newer frame may still take this one's place. */
  late: boolean;
  /** Nobody waits for what comes of it. */
  patient?: boolean;
}

/** So long after the last frame that somebody waited for, another one may come. */
const PATIENCE_MS = 2000;

/**
 * One model's queue. Among the streams that have not had more than their share, the earliest deadline goes first: a
 * greedy camera cannot starve the others however short its deadlines are, and within a fair share urgency decides.
 * A share is time of the model divided by weight, counted from when the stream last became active.
 */
export class DispatchQueue {
  #offers = new Map<string, Offer>();
  #early = 0;
  #served = new Map<string, number>();
  #floor = 0;
  #hurriedAtMs = Number.NEGATIVE_INFINITY;

  /** How many frames wait. */
  get depth(): number {
    return this.#offers.size;
  }

  /** Whether some frame gains nothing by waiting for the last moment. */
  get eager(): boolean {
    return this.#early > 0;
  }

  /** Whether nobody waits for any of these frames, and has not for a while. */
  patient(nowMs: number): boolean {
    return nowMs - this.#hurriedAtMs > PATIENCE_MS;
  }

  /** A frame begins to wait. */
  offer(offer: Offer): void {
    this.#remove(offer.key);
    this.#offers.set(offer.key, offer);
    if (!offer.late) this.#early++;
    if (!offer.patient) this.#hurriedAtMs = offer.offeredAtMs;
    // A stream that was away has no claim on the time it did not use.
    this.#served.set(offer.stream, Math.max(this.#served.get(offer.stream) ?? 0, this.#floor));
  }

  /** A frame no longer waits. */
  withdraw(key: string): void {
    this.#remove(key);
  }

  /** All frames whose key matches no longer wait. */
  withdrawAll(matches: (key: string) => boolean): void {
    for (const key of this.#offers.keys()) if (matches(key)) this.#remove(key);
  }

  /** Takes the next frame off the queue and charges its stream with `costMs`. */
  take(costMs: number): Offer | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (const { stream } of this.#offers.values()) least = Math.min(least, this.#served.get(stream)!);
    let best: Offer | undefined;
    for (const offer of this.#offers.values()) {
      const ahead = this.#served.get(offer.stream)! - least;
      if (ahead < costMs / offer.weight && (!best || before(offer, best))) best = offer;
    }
    if (!best) return undefined;
    this.#remove(best.key);
    this.#floor = least;
    this.#served.set(best.stream, this.#served.get(best.stream)! + costMs / best.weight);
    if (this.#served.size > 2 * this.#offers.size + 64) this.#forgetIdle();
    return best;
  }

  #remove(key: string): void {
    const offer = this.#offers.get(key);
    if (!offer) return;
    this.#offers.delete(key);
    if (!offer.late) this.#early--;
  }

  /** Streams without an offer and not ahead of the rest would be reset by their next offer anyway. */
  #forgetIdle(): void {
    const waiting = new Set([...this.#offers.values()].map((offer) => offer.stream));
    for (const [stream, served] of this.#served) {
      if (!waiting.has(stream) && served <= this.#floor) this.#served.delete(stream);
    }
  }
}

function before(a: Offer, b: Offer): boolean {
  if (a.deadlineMs !== b.deadlineMs) return a.deadlineMs < b.deadlineMs;
  return a.offeredAtMs < b.offeredAtMs;
}

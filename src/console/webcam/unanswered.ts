/** A picture that was sent and whose answer has not come. */
export interface SentPicture {
  picture: Blob;
  /** On the page's own clock, milliseconds. */
  takenAtMs: number;
}

/** A server that answers slowly asks for more meanwhile; what is older than these is not kept for its answer. */
const MOST = 64;

/** The pictures that were sent and not answered yet, by their time of capture, which comes back with the result. */
export class Unanswered {
  #pictures = new Map<number, SentPicture>();

  get size(): number {
    return this.#pictures.size;
  }

  /** Takes one more in; answers how many had to go for it. */
  add(capturedAt: number, picture: SentPicture): number {
    this.#pictures.set(capturedAt, picture);
    if (this.#pictures.size <= MOST) return 0;
    const [oldest] = this.#pictures.keys();
    this.#pictures.delete(oldest);
    return 1;
  }

  /** Gives out the one that an answer is of, and how many older ones were overtaken; undefined when it is of none. */
  take(capturedAt: number): SentPicture & { overtaken: number } | undefined {
    const found = this.#pictures.get(capturedAt);
    if (!found) return undefined;
    let overtaken = -1;
    for (const [at] of this.#pictures) {
      if (at > capturedAt) break;
      this.#pictures.delete(at);
      overtaken++;
    }
    return { ...found, overtaken };
  }

  /** Forgets them all; answers how many there were. */
  clear(): number {
    const { size } = this.#pictures;
    this.#pictures.clear();
    return size;
  }
}

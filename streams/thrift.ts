import type { Arrival } from "../src/core/source.ts";

const WINDOW_US = 1_000_000;
const RELAX_AFTER_WINDOWS = 3;
/** Key frames over which it is judged whether the models keep up with key frames alone. */
const KEYS_JUDGED = 4;

/**
 * Makes decoding cheaper when most decoded frames go unused. Level 0 decodes everything; level 1 leaves out frames no
 * other frame needs; level 2 decodes key frames only, once the models cannot even keep up with those. Time is
 * presentation time, so a paused stream does not change its level.
 */
export class Thrift {
  #level: 0 | 1 | 2 = 0;
  #windowFromUs?: number;
  #decoded = 0;
  #unused = 0;
  #used = 0;
  #keys = 0;
  /** The models answer not even every other key frame. */
  #keysSuffice = false;
  #calmWindows = 0;

  /** The level in force. */
  get level(): 0 | 1 | 2 {
    return this.#level;
  }

  /** Whether this frame may be left undecoded because nobody would see it. */
  skips(role: Arrival["role"]): boolean {
    return this.#level === 2 ? role !== "key" : this.#level === 1 && role === "disposable";
  }

  /** A frame arrived; closes the window when its time has come. */
  arrived(ptsUs: number, role: Arrival["role"]): void {
    this.#windowFromUs ??= ptsUs;
    if (role === "key" && ++this.#keys === KEYS_JUDGED) {
      this.#keysSuffice = this.#used * 2 < KEYS_JUDGED;
      this.#keys = 0;
      this.#used = 0;
    }
    const spanUs = ptsUs - this.#windowFromUs;
    if (spanUs < 0 || spanUs >= WINDOW_US) this.#judge(ptsUs);
  }

  /** A frame was decoded. */
  decoded(): void {
    this.#decoded++;
  }

  /** A decoded frame was outrun by a newer one. */
  unused(): void {
    this.#unused++;
  }

  /** A decoded frame gave a result. */
  used(): void {
    this.#used++;
  }

  #judge(ptsUs: number): void {
    const wasted = this.#decoded === 0 ? 0 : this.#unused / this.#decoded;
    if (wasted > 0.5) {
      this.#calmWindows = 0;
      this.#level = this.#keysSuffice || this.#level === 2 ? 2 : 1;
    } else if (wasted < 0.2 && this.#level > 0 && ++this.#calmWindows >= RELAX_AFTER_WINDOWS) {
      this.#level = this.#level === 2 ? 1 : 0;
      this.#calmWindows = 0;
    }
    this.#windowFromUs = ptsUs;
    this.#decoded = 0;
    this.#unused = 0;
  }
}

import type { Arrival } from "../src/core/source.ts";
import type { StreamPolicy } from "../src/core/stream.ts";

/** A jump of presentation time larger than this starts the schedule anew. */
const REANCHOR_US = 10_000_000;
/** Presentation times are rounded to ticks: a frame this little early is on time. */
const EARLY_US = 2_000;

/**
 * Decides by presentation time which frames the policy asks for. The schedule advances by the period, not from the
 * frame that was taken, so the asked rate holds on average whatever the camera's own rate is.
 */
export class Sampler {
  #periodUs: number;
  #dueUs = Number.NEGATIVE_INFINITY;
  #index = 0;

  constructor(private readonly policy: Pick<StreamPolicy, "fps" | "every" | "keyframes">) {
    this.#periodUs = policy.fps ? 1e6 / policy.fps : 0;
  }

  /** Microseconds between wanted frames; zero when every frame is wanted. */
  get periodUs(): number {
    return this.#periodUs;
  }

  /** Whether this frame is one of those asked for. */
  wants(arrival: Pick<Arrival, "ptsUs" | "role">): boolean {
    if (this.policy.keyframes && arrival.role !== "key") return false;
    if (this.policy.every && this.#index++ % this.policy.every !== 0) return false;
    if (this.#periodUs === 0) return true;
    const late = arrival.ptsUs - this.#dueUs;
    if (late < -EARLY_US && late > -REANCHOR_US) return false;
    // A frame that comes a whole period late does not make up for the lost ones.
    this.#dueUs = Math.abs(late) < this.#periodUs ? this.#dueUs + this.#periodUs : arrival.ptsUs + this.#periodUs;
    return true;
  }

  /** A new epoch: presentation time starts anew. */
  reset(): void {
    this.#dueUs = Number.NEGATIVE_INFINITY;
    this.#index = 0;
  }
}

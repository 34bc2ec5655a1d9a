import { Random } from "./random.ts";

/** How long a rate is kept, seconds. */
const KEEP_S = 25;
/** From one rate to the next, beats a minute. */
const CHANGE = 20;
const LOWEST = 50, HIGHEST = 140;
/** Breathing makes a heart beat unevenly: by so many beats a minute, so often a second. */
const BREATH_BPM = 1, BREATH_HZ = 0.23;

/** A heart whose rate is known at every moment: it changes by 20 beats a minute every 25 seconds, or never. */
export class PortraitHeart {
  #rates: number[];
  /** Beats up to the start of each rate. */
  #beats = [0];
  #random: Random;

  constructor(seed: number, private readonly bpm?: number) {
    this.#random = new Random(seed, 21);
    this.#rates = [bpm ?? 60 + this.#random.int(7) * 5];
  }

  /** The rate that the heart keeps at a time, without what breathing adds. */
  rateAt(time: number): number {
    return this.bpm ?? this.#rates[this.#reach(time)];
  }

  /** Blood under the skin at a time: roughly −1 to 1, highest right after each beat. */
  bloodAt(time: number): number {
    const index = this.bpm === undefined ? this.#reach(time) : 0;
    const steady = this.#beats[index] + (this.#rates[index] * (time - index * KEEP_S)) / 60;
    const breath = (BREATH_BPM / 60 / (2 * Math.PI * BREATH_HZ)) * Math.sin(2 * Math.PI * BREATH_HZ * time);
    const angle = 2 * Math.PI * (steady + breath);
    return (Math.sin(angle) + 0.25 * Math.sin(2 * angle + 0.5)) / 1.15;
  }

  /** Which rate holds at a time; makes up those before it that are not known yet. */
  #reach(time: number): number {
    const index = Math.max(0, Math.floor(time / KEEP_S));
    while (this.#rates.length <= index) {
      const last = this.#rates.at(-1)!;
      const up = last + CHANGE > HIGHEST ? false : last - CHANGE < LOWEST ? true : this.#random.chance(0.5);
      this.#beats.push(this.#beats.at(-1)! + (last * KEEP_S) / 60);
      this.#rates.push(last + (up ? CHANGE : -CHANGE));
    }
    return index;
  }
}

import type { ResultEnvelope } from "../../core/results.ts";

/** One head's answer on a face, averaged by the server. */
export interface GaugeReading {
  category: string;
  confidence: number;
  /** Between the lowest level, 0, and the highest, 1. */
  value: number;
}

/** A face and what is said of it. */
export interface FaceReading {
  track?: number;
  /** How long ago it was asked about, seconds. */
  ageS: number;
  heads: Record<string, GaugeReading>;
}

/** What the analyzer said of one frame. */
export interface EngagementReading {
  faces: FaceReading[];
  total: number;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
  /** What it lacks to say more. */
  needs?: "heads" | "tracks";
}

const KEPT_S = 120;
/** More faces are not remembered. */
const FACES_MOST = 16;

/** What a result says of engagement, if it says anything. */
export function engagementOf(outputs: ResultEnvelope["outputs"]): EngagementReading | undefined {
  const found = Object.values(outputs).findLast((output) => "windowS" in output && Array.isArray(output.faces));
  return found as unknown as EngagementReading | undefined;
}

/** The gauges of the last two minutes, face by face, second by second. */
export class EngagementRecord {
  #faces = new Map<number, Map<string, (number | undefined)[]>>();
  #second = -Infinity;

  constructor(private readonly nowS: () => number = () => performance.now() / 1000) {}

  /** Folds one reading in; of each second the last one stays. */
  push({ faces }: EngagementReading): void {
    const second = Math.floor(this.nowS());
    const passed = Math.min(KEPT_S, second - this.#second);
    this.#second = second;
    for (const heads of this.#faces.values()) {
      for (const values of heads.values()) {
        for (let past = 0; past < passed; past++) values.push(undefined);
        values.splice(0, values.length - KEPT_S);
      }
    }
    for (const { track = -1, heads } of faces) {
      const known = this.#faces.get(track) ?? new Map<string, (number | undefined)[]>();
      // Those seen last stay.
      this.#faces.delete(track);
      this.#faces.set(track, known);
      for (const [name, { value }] of Object.entries(heads)) {
        const values = known.get(name) ?? Array.from<undefined>({ length: KEPT_S });
        values[KEPT_S - 1] = value;
        known.set(name, values);
      }
    }
    while (this.#faces.size > FACES_MOST) this.#faces.delete(this.#faces.keys().next().value!);
  }

  /** One gauge of one face, oldest first; undefined where nothing was said. */
  values(track: number | undefined, head: string): readonly (number | undefined)[] {
    return this.#faces.get(track ?? -1)?.get(head) ?? [];
  }
}

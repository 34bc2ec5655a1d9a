import { join } from "node:path";
import { z } from "zod";
import type { ReservoirPlace } from "../core/captures.ts";
import { writeWhole } from "./capture_files.ts";

const FILE = "reservoir.json";

const reservoirSchema = z.object({
  day: z.string(),
  seen: z.int().min(0),
  /** Who is in each place, and whether he is kept for nothing but that. */
  slots: z.record(z.string(), z.object({ id: z.string(), only: z.boolean() })),
});

type Held = z.infer<typeof reservoirSchema>;

/** Who is in the day's sample, remembered beside the pictures. */
export class Reservoir {
  #held: Held = { day: "", seen: 0, slots: {} };

  private constructor(private readonly directory: string) {}

  static async open(directory: string): Promise<Reservoir> {
    const reservoir = new Reservoir(directory);
    const text = await Deno.readTextFile(join(directory, FILE)).catch(() => "null");
    try {
      reservoir.#held = reservoirSchema.parse(JSON.parse(text));
    } catch {
      // Without it the sample begins anew: larger than it should be, for what is left of the day.
    }
    return reservoir;
  }

  /** How far the day's sample has come; undefined where there is none. */
  get mark(): { day: string; seen: number } | undefined {
    const { day, seen } = this.#held;
    return day === "" ? undefined : { day, seen };
  }

  /** Somebody takes a place. Answers who had it, if he is to go. */
  async take({ day, slot, seen }: ReservoirPlace, id: string, only: boolean): Promise<string | undefined> {
    if (day !== this.#held.day) this.#held = { day, seen: 0, slots: {} };
    const before = this.#held.slots[slot];
    this.#held.seen = Math.max(this.#held.seen, seen);
    this.#held.slots[slot] = { id, only };
    await writeWhole(join(this.directory, FILE), new TextEncoder().encode(JSON.stringify(this.#held)));
    return before?.only ? before.id : undefined;
  }
}

import type { Contestant } from "./contestants.ts";
import { Stage } from "./stage.ts";

/** Milliseconds from the start of a service to its being ready, with streams that were registered before. */
export async function startUp(contestant: Contestant, streams: number): Promise<number> {
  const directory = await Stage.directory();
  try {
    {
      await using stage = await Stage.set(contestant, directory);
      const source = await stage.pitch(1);
      for (let n = 0; n < streams; n++) await stage.register(`stream-${n}`, source);
    }
    await using again = await Stage.set(contestant, directory);
    const there = (await again.streams()).length;
    if (there !== streams) throw new Error(`${contestant.label} brought ${there} of ${streams} streams back`);
    return again.readyMs;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

import { ageCell } from "./age_cell.ts";
import { bareLoop } from "./bare_loop.ts";
import type { Measurements } from "./fresh_process.ts";
import { memoryPerStream } from "./memory_per_stream.ts";
import { soak } from "./soak.ts";
import { weirDetections } from "./weir_detections.ts";
import { weirLive } from "./weir_live.ts";
import { weirLoop } from "./weir_loop.ts";

const MEASURES: { [K in keyof Measurements]: (options: Measurements[K][0]) => Promise<Measurements[K][1]> } = {
  bare: bareLoop,
  weir: weirLoop,
  age: ageCell,
  memory: memoryPerStream,
  soak,
  live: weirLive,
  detections: weirDetections,
};

/** Makes one measurement in this process and prints its result as the last line. */
export async function measure(kind: string, options: string): Promise<number> {
  if (!Object.hasOwn(MEASURES, kind)) throw new RangeError(`There is no measurement called ${kind}`);
  const run = MEASURES[kind as keyof Measurements] as (options: unknown) => Promise<unknown>;
  const result = await run(JSON.parse(options));
  await Deno.stdout.write(new TextEncoder().encode(`\n${JSON.stringify({ result })}\n`));
  return 0;
}

import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import { delay } from "./delay.ts";
import { pssBytes } from "./process_usage.ts";

/** What to measure the memory of. */
export interface MemoryPerStreamOptions {
  /** A 720p clip, played in real time. */
  clip: string;
  model: string;
  /** Streams before the first reading: as many as there are stream workers, so that no worker starts in between. */
  base: number;
  further: number;
  settleMs: number;
}

/** Memory with the base streams, and with the further ones. */
export interface MemoryPerStreamResult {
  basePssBytes: number;
  fullPssBytes: number;
  perStreamBytes: number;
}

/** How much memory each further stream takes once its workers are there; undefined where the system does not tell. */
export async function memoryPerStream(options: MemoryPerStreamOptions): Promise<MemoryPerStreamResult | undefined> {
  if (pssBytes() === undefined) return undefined;
  await using weir = await Weir.start();
  let count = 0;
  const add = async (streams: number) => {
    for (let n = 0; n < streams; n++) {
      await weir.add(
        benchStream(`s${++count}`, { kind: "file", path: options.clip, pace: "realtime", loop: true }, {
          pipeline: [{ model: options.model }],
          mode: "latest",
        }),
      );
    }
    await delay(options.settleMs);
    return pssBytes()!;
  };
  const basePssBytes = await add(options.base);
  const fullPssBytes = await add(options.further);
  const perStreamBytes = Math.round((fullPssBytes - basePssBytes) / options.further);
  return { basePssBytes, fullPssBytes, perStreamBytes };
}

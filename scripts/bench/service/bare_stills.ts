import { nowMs } from "../../../src/core/clock.ts";
import { examineModel } from "../../../models/manifest.ts";
import { delay } from "../delay.ts";
import { cpuFigures, snapshot } from "../process_usage.ts";
import type { BareStillInit } from "./bare_still_worker.ts";
import { answer } from "./client_process.ts";

/** Which picture runs through which model, on how many cores and for how long. */
export interface BareStillsOptions {
  picture: string;
  model: string;
  cores: number;
  seconds: number;
}

/** What this machine can do at most. */
export interface BareStillsResult {
  perSecond: number;
  /** Time of processors that one picture takes. */
  cpuMs: number;
}

const WARM_UP_MS = 3000;

async function run({ picture, model, cores, seconds }: BareStillsOptions): Promise<BareStillsResult> {
  const { spec } = await examineModel(model);
  const fromMs = nowMs() + WARM_UP_MS;
  const toMs = fromMs + seconds * 1000;
  const usage = Promise.all([fromMs, toMs].map(async (atMs) => {
    await delay(atMs - nowMs());
    return snapshot();
  }));
  const done = await Promise.all(Array.from({ length: cores }, async () => {
    const worker = new Worker(new URL("./bare_still_worker.ts", import.meta.url), { type: "module" });
    const init: BareStillInit = {
      picture: await Deno.readFile(picture),
      spec,
      fromMs,
      toMs,
    };
    const count = await new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot run the bare line: ${event.message}`));
      };
      worker.postMessage(init);
    });
    worker.terminate();
    return count;
  }));
  const all = done.reduce((sum, count) => sum + count, 0);
  const [before, after] = await usage;
  return { perSecond: all / seconds, cpuMs: 1000 * cpuFigures(before, after, all).cpuSecondsPerResult };
}

if (import.meta.main) {
  answer({ ready: true });
  answer(await run(JSON.parse(Deno.args[0])));
  Deno.exit(0);
}

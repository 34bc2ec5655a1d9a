import type { AgeCellOptions, AgeCellResult } from "./age_cell.ts";
import type { BareLoopOptions, LoopResult } from "./bare_loop.ts";
import type { MemoryPerStreamOptions, MemoryPerStreamResult } from "./memory_per_stream.ts";
import type { SoakOptions, SoakResult } from "./soak.ts";
import type { Detection } from "../../src/core/results.ts";
import type { WeirDetectionsOptions } from "./weir_detections.ts";
import type { WeirLiveOptions, WeirLiveResult } from "./weir_live.ts";
import type { WeirLoopOptions, WeirLoopResult } from "./weir_loop.ts";

/** What can be measured, by name: its options and its result. */
export interface Measurements {
  bare: [BareLoopOptions, LoopResult];
  weir: [WeirLoopOptions, WeirLoopResult];
  age: [AgeCellOptions, AgeCellResult];
  memory: [MemoryPerStreamOptions, MemoryPerStreamResult | undefined];
  soak: [SoakOptions, SoakResult];
  live: [WeirLiveOptions, WeirLiveResult];
  detections: [WeirDetectionsOptions, Detection[][]];
}

/** The first argument by which the program knows that it is to make one measurement. */
export const MEASURE_FLAG = "--measure";

/** Makes one measurement in a process of its own, so that none inherits another's memory, threads or heat. */
export async function inFreshProcess<K extends keyof Measurements>(
  kind: K,
  options: Measurements[K][0],
): Promise<Measurements[K][1]> {
  const request = [MEASURE_FLAG, kind, JSON.stringify(options)];
  const output = await new Deno.Command(Deno.execPath(), {
    args: [...weirArguments(["bench"]), ...request],
    stdout: "piped",
    stderr: kind === "soak" ? "inherit" : "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(output.stdout).trim();
  const answer = text.slice(text.lastIndexOf("\n") + 1);
  if (output.success && answer !== "") return JSON.parse(answer).result;
  const complaint = kind === "soak" ? "" : new TextDecoder().decode(output.stderr).trim();
  throw new Error(`Cannot measure ${kind}: its process ended with code ${output.code}\n${complaint}`);
}

/** The arguments with which this very program is started anew: as a binary of its own, or from its source. */
export function weirArguments(command: readonly string[]): string[] {
  if (Deno.build.standalone) return [...command];
  return ["run", "--quiet", "-A", new URL("../../src/main.ts", import.meta.url).href, ...command];
}

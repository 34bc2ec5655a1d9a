import { createHash } from "node:crypto";
import { z } from "zod";
import { restlessTrace, syntheticTrace } from "../vision/pulse/synthetic_trace.ts";
import type { PulseReport } from "./eval_pulse_report.ts";
import { NOISE_LEVELS } from "./eval_pulse_sets.ts";

const RECORD = new URL("../../models/builtin/weir-pulse.evaluation.json", import.meta.url);

const recordSchema = z.object({ hashes: z.object({ generator: z.string(), network: z.string() }) });

/** What the generator of the test set makes, as a hash: another generator is another test. */
export function generatorHash(): string {
  const hash = createHash("sha256");
  for (const noise of NOISE_LEVELS) {
    for (const seed of [1, 2, 3]) {
      for (const { bpm, trace } of [syntheticTrace(seed, noise), restlessTrace(seed, noise)]) {
        // Sines differ in their last digit from machine to machine; generators in more.
        hash.update(`${bpm.toFixed(6)}\n`);
        for (const channel of trace) hash.update(Array.from(channel, (value) => value.toFixed(5)).join(" "));
      }
    }
  }
  return hash.digest("hex");
}

/** Whether weights and generator are those of the evaluation that lies beside the weights. */
export async function recordGate(hashes: PulseReport["hashes"]): Promise<PulseReport["gate"]> {
  const recorded = recordSchema.parse(JSON.parse(await Deno.readTextFile(RECORD))).hashes;
  return (["network", "generator"] as const).map((part) => {
    const ok = recorded[part] === hashes[part];
    return {
      rule: `the ${part} is the one whose evaluation is recorded (else judge anew with --record)`,
      value: Number(ok),
      ok,
    };
  });
}

/** Writes an evaluation beside the weights. */
export async function recordEvaluation({ hashes, minConfidence, sets, still }: PulseReport): Promise<void> {
  const round = (_: string, value: unknown) => typeof value === "number" ? Number(value.toFixed(4)) : value;
  await Deno.writeTextFile(RECORD, JSON.stringify({ v: 1, hashes, minConfidence, sets, still }, round, 2) + "\n");
}

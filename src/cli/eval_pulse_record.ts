import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { sha256Of } from "../../models/file_digest.ts";
import { restlessTrace, syntheticTrace } from "../vision/pulse/synthetic_trace.ts";
import type { PulseHashes, PulseReport } from "./eval_pulse_report.ts";
import { NOISE_LEVELS } from "./eval_pulse_sets.ts";

const RECORD = new URL("../../models/builtin/weir-pulse.evaluation.json", import.meta.url);
const WEIGHTS = new URL("../../models/builtin/weir-pulse.f32", import.meta.url);
const TRAINING = new URL("../../scripts/train/pulse/generate.py", import.meta.url);

const recordSchema = z.object({ hashes: z.record(z.string(), z.string()) });

/** What is judged now, beside the network's own hash. */
export async function hashesNow(network: string): Promise<PulseHashes> {
  const training = await Deno.readTextFile(TRAINING).catch(() => undefined);
  return {
    generator: generatorHash(),
    network,
    weights: await sha256Of(fileURLToPath(WEIGHTS)),
    ...(training !== undefined && {
      // Checked out elsewhere, its lines may end otherwise.
      training: createHash("sha256").update(training.replaceAll("\r\n", "\n")).digest("hex"),
    }),
  };
}

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

/** Whether weights and generators are those of the evaluation that lies beside the weights. */
export async function recordGate(hashes: PulseHashes): Promise<PulseReport["gate"]> {
  const recorded = recordSchema.parse(JSON.parse(await Deno.readTextFile(RECORD))).hashes;
  return Object.entries(hashes).map(([part, hash]) => {
    const ok = recorded[part] === hash;
    return {
      rule: `${PARTS[part as keyof PulseHashes]} is what the recorded evaluation is of (else judge anew with --record)`,
      value: Number(ok),
      ok,
    };
  });
}

const PARTS: Readonly<Record<keyof PulseHashes, string>> = {
  generator: "the test set",
  network: "the network",
  weights: "its weights for live use",
  training: "the generator of its training data",
};

/** Writes an evaluation beside the weights. */
export async function recordEvaluation({ hashes, minConfidence, sets, still, dark }: PulseReport): Promise<void> {
  const round = (_: string, value: unknown) => typeof value === "number" ? Number(value.toFixed(4)) : value;
  await Deno.writeTextFile(RECORD, JSON.stringify({ v: 1, hashes, minConfidence, sets, still, dark }, round, 2) + "\n");
}

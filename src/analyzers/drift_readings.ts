import type { AnalyzerFrame } from "../core/analyzer.ts";
import type { DriftSample } from "../vision/drift_monitor.ts";

/** Readings of one frame that speak: more faces are not looked at. */
const READINGS_MAX = 8;
const REASON_MAX = 100;

/**
 * What a step's readings say of rates: pulses have faces, each with its confidence, and a rate or reasons why there is
 * none. Undefined where the step says nothing of the kind, empty where nobody is there.
 */
export function readingSamples(outputs: AnalyzerFrame["outputs"], step: string): DriftSample[] | undefined {
  const output = Object.hasOwn(outputs, step) ? outputs[step] as { faces?: unknown } | null : undefined;
  if (!Array.isArray(output?.faces)) return undefined;
  return output.faces.slice(0, READINGS_MAX).flatMap((face: unknown) => sampleOf(face) ?? []);
}

function sampleOf(face: unknown): DriftSample | undefined {
  const { confidence, bpm, reasons } = (face ?? {}) as Record<string, unknown>;
  if (typeof confidence !== "number" || !Number.isFinite(confidence)) return undefined;
  const [reason] = Array.isArray(reasons) ? reasons : [];
  const told = typeof bpm === "number" && Number.isFinite(bpm);
  return {
    score: confidence,
    class: told ? "rate" : typeof reason === "string" ? reason.slice(0, REASON_MAX) : "none",
    ...(told && { rate: bpm }),
  };
}

import { z } from "zod";
import type { AnalyzerFrame } from "../core/analyzer.ts";
import type { ClassScore, Detection, ModelOutput } from "../core/results.ts";

const wanted = z.string().min(1).max(200);

/** Options by which an analyzer is told what to look at. */
export const selectionOptions = {
  of: z.union([wanted, z.array(wanted).min(1).max(100)]).optional().describe(
    "Only what has this label, or one of these; step.label means those of that step; default everything",
  ),
  on: z.string().min(1).max(63).optional().describe("The step that is looked at; default the latest one that has any"),
};

/** What {@link selectionOptions} make. */
export interface SelectionOptions {
  of?: string | string[];
  on?: string;
}

type Outputs = AnalyzerFrame["outputs"];

/** Things of one frame that an analyzer is to look at. */
export interface Selected<T> {
  things: T[];
  /** False when no step before answers such things at all. */
  known: boolean;
}

/** The detections that are asked for; what a faulty model may have made of them is left out. */
export function selectedDetections(outputs: Outputs, options: SelectionOptions): Selected<Detection> {
  return selected(outputs, options, ({ detections }) => list(detections)?.filter(isSound));
}

/** What is missing for counting who comes and goes: detections at all, or tracks on every one of them. */
export function missingForTracks({ things, known }: Selected<Detection>): { needs?: "detections" | "tracks" } {
  if (!known) return { needs: "detections" };
  const untracked = things.length > 0 && things.every((detection) => trackOf(detection) === undefined);
  return untracked ? { needs: "tracks" } : {};
}

/** The classes that are asked for, likewise. */
export function selectedClasses(outputs: Outputs, options: SelectionOptions): Selected<ClassScore> {
  return selected(outputs, options, ({ classes }) => list(classes)?.filter(isScored));
}

function selected<T extends { label: string }>(
  outputs: Outputs,
  { of, on }: SelectionOptions,
  read: (output: Partial<ModelOutput>) => T[] | undefined,
): Selected<T> {
  const at = (step: string) => Object.hasOwn(outputs, step) ? read(outputs[step] as Partial<ModelOutput>) : undefined;
  const latest = () => {
    for (const output of Object.values(outputs).reverse()) {
      const things = read(output as Partial<ModelOutput>);
      if (things) return things;
    }
  };
  const byStep = new Map<string | undefined, Set<string>>();
  for (const selector of of === undefined ? [] : [of].flat()) {
    const { step, label } = resolved(selector, (name) => Object.hasOwn(outputs, name));
    const labels = byStep.get(step) ?? new Set();
    byStep.set(step, labels.add(label));
  }
  if (byStep.size === 0) {
    const things = on === undefined ? latest() : at(on);
    return { things: things ?? [], known: things !== undefined };
  }
  let known = false;
  const things: T[] = [];
  for (const [step, labels] of byStep) {
    const from = step ?? on;
    const candidates = from === undefined ? latest() : at(from);
    if (candidates) known = true;
    things.push(...(candidates ?? []).filter(({ label }) => labels.has(label)));
  }
  return { things, known };
}

/** What a selector means: `step.label` where there is such a step, else the whole of it is a label. */
export function resolved(selector: string, isStep: (name: string) => boolean): { step?: string; label: string } {
  for (let dot = selector.lastIndexOf("."); dot > 0; dot = selector.lastIndexOf(".", dot - 1)) {
    const [step, label] = [selector.slice(0, dot), selector.slice(dot + 1)];
    if (label !== "" && isStep(step)) return { step, label };
  }
  return { label: selector };
}

function list<T>(value: readonly T[] | undefined): readonly T[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function isScored(thing: { label: string; score: number } | null): boolean {
  return typeof thing?.label === "string" && Number.isFinite(thing.score);
}

/** Whether a detection is one: a faulty model may answer anything. */
export function isSound(detection: Detection | null): boolean {
  if (!isScored(detection)) return false;
  const { box } = detection!;
  return Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) && box[2] >= 0 && box[3] >= 0;
}

/** A detection's identity, where a tracker gave it a sound one. */
export function trackOf({ track }: Detection): number | undefined {
  return Number.isSafeInteger(track) ? track : undefined;
}

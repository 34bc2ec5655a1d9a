import type { AnalyzerFrame } from "../core/analyzer.ts";
import type { Box, CropOutput, ModelOutput } from "../core/results.ts";

/** What heads say of one face in one frame. */
export interface FaceAnswer {
  track?: number;
  label?: string;
  box?: Box;
  /** By head; unread. */
  probabilities: Record<string, unknown>;
}

/** What all heads say of one frame. */
export interface HeadAnswers {
  /** Each face once, however many steps told of it. */
  faces: FaceAnswer[];
  notice?: string;
  needs?: "heads" | "tracks";
}

type Asked = Partial<Pick<CropOutput, "track" | "label" | "box" | "heads">>;

/** One face, where nobody says which. */
const ONLY = -1;

/** What the heads of these steps say of each face; without names, of all steps that have any. */
export function headAnswers(
  outputs: AnalyzerFrame["outputs"],
  on: string | readonly string[] | undefined,
): HeadAnswers {
  const asked = on === undefined ? Object.keys(outputs) : [on].flat();
  const steps = asked.flatMap((name) => {
    const output = outputs[name];
    return hasHeads(output) ? [{ name, output }] : [];
  });
  if (steps.length === 0) return { faces: [], needs: "heads" };
  const faces = new Map<number, FaceAnswer>();
  let untold = false;
  for (const { name, output } of steps) {
    const answers: Asked[] = output.crops ?? [{ heads: output.heads }];
    const read = answers.filter(({ heads }) => heads);
    for (const { track, label, box, heads } of read) {
      // Faces that nobody follows can be told apart only where there is one.
      if (track === undefined && read.length > 1) {
        untold = true;
        continue;
      }
      const key = track ?? ONLY;
      const face = faces.get(key) ??
        { probabilities: {}, ...(track !== undefined && { track, label }), ...(box && { box }) };
      for (const head of Object.keys(heads!)) {
        face.probabilities[calledAs(head, name, steps.length > 1 && Object.keys(heads!).length === 1)] = heads![head]
          ?.probabilities;
      }
      faces.set(key, face);
    }
  }
  const notice = steps.find(({ output }) => output.notice !== undefined)?.output.notice;
  return {
    faces: [...faces.values()],
    ...(notice !== undefined && { notice }),
    ...(untold && { needs: "tracks" as const }),
  };
}

/** Models of one head each call their outputs alike: their steps tell them apart. */
function calledAs(head: string, step: string, alone: boolean): string {
  return alone ? step : head;
}

function hasHeads(output: AnalyzerFrame["outputs"][string] | undefined): output is ModelOutput {
  return isHeads(output?.heads) || Array.isArray(output?.crops) && output.crops.every(isCropOfHeads);
}

/** Crops that failed have no answer, and an empty list is one of heads where it is asked for by name. */
function isCropOfHeads(crop: unknown): boolean {
  const { heads, error } = (crop ?? {}) as { heads?: unknown; error?: unknown };
  return isHeads(heads) || error !== undefined;
}

function isHeads(heads: unknown): boolean {
  return typeof heads === "object" && heads !== null;
}

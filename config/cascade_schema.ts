import { z } from "zod";
import { stepReference } from "../streams/step_reference.ts";

/** Keys of a model's step that make it run on what an earlier step found. */
export const cascadeKeys = {
  on: z.string().min(1).max(200).optional().describe(
    "Runs on what an earlier step found instead of the whole picture: the step's name, or the name and a label of it " +
      "(detect.person). A step with detections has them cut out; one with feature vectors hands those on",
  ),
  margin: z.number().min(0).max(4).optional().describe(
    "With on: share of a box's size that is added on each of its sides; default 0",
  ),
  minSize: z.number().min(1).max(8192).optional().describe(
    "With on: boxes whose shorter side has fewer source pixels are left out; default 16",
  ),
  max: z.int().min(1).max(64).optional().describe(
    "With on: the most crops of one frame; what has waited longest goes first, then the best score; default 8",
  ),
  everyNth: z.int().min(1).max(100_000).optional().describe(
    "With on: every nth sighting of a track; of what has no track, every nth frame; default 1",
  ),
  cache: z.strictObject({
    similarity: z.number().min(0.5).max(1).optional().describe(
      "The least cosine between two feature vectors, or two crops made small and gray; exactly this much is enough; " +
        "default 0.95",
    ),
    entries: z.int().min(1).max(10_000).optional().describe("The most answers that a stream remembers; default 256"),
    sample: z.number().min(0).max(1).optional().describe(
      "Share of the hits that are run nevertheless, to see whether they would have been right; default 0.05",
    ),
    keepS: z.number().positive().max(86_400).optional().describe(
      "An answer is forgotten after so many seconds of the stream's own time; default never",
    ),
  }).optional().describe(
    "With on: the answer to something of the same track that was nearly the same stands for this one's, and the model " +
      "does not run; absent: every one is run",
  ),
};

/** Names that a model's step can have without being given one: its task's. */
const TASKS = ["detect", "classify", "embed", "head", "tensor"];
const ONLY_WITH_ON = ["margin", "minSize", "max", "everyNth", "cache"] as const;

/** A step of a pipeline as it is written. */
export type AnyStep = { name?: string; model?: string; analyzer?: string } & Record<string, unknown>;

/** What is wrong with the references between steps, as far as the words alone tell: which model is which is seen later. */
export function cascadeFaults(steps: readonly AnyStep[]): { path: (string | number)[]; message: string }[] {
  return steps.flatMap((step, index) => {
    if (step.model === undefined) return [];
    const { on } = step;
    if (typeof on !== "string") {
      return ONLY_WITH_ON.filter((key) => step[key] !== undefined).map((key) => ({
        path: [index, key],
        message: `${key} is for steps that run on what another found: say on which with \`on\``,
      }));
    }
    if (stepReference(on, steps.slice(0, index).flatMap(possibleNames))) return [];
    const earlier = steps.slice(0, index).flatMap(({ name, model }) =>
      model === undefined ? [] : [name ?? `of ${model}`]
    );
    const later = stepReference(on, steps.slice(index).flatMap(({ name }) => name ?? []));
    const why = later ? `step ${later.step} does not come before this one` : `no earlier step is called ${on}`;
    const known = earlier.length > 0 ? `; before it are: ${earlier.join(", ")}` : "; no model comes before it";
    return [{ path: [index, "on"], message: why + known }];
  });
}

/** Names that a step may turn out to have. */
export function possibleNames({ name, model, analyzer }: AnyStep): string[] {
  if (name !== undefined) return [name];
  return model === undefined ? [analyzer!] : TASKS;
}

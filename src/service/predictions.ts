import { type EngagementLevel, engagementLevel } from "../core/engagement.ts";
import type { Task } from "../core/model.ts";
import type { ClassScore, CropOutput, Detection, HeadOutput, ModelOutput } from "../core/results.ts";

/** What is told of one image, in the shape that fits the model's task. */
export interface Predictions {
  /**
   * What was found; the likeliest classes; a level for each head; the feature vector; bare numbers by name; or, of a step
   * on several crops, what is said of each.
   */
  predictions:
    | Detection[]
    | ClassScore[]
    | CropOutput[]
    | Record<string, EngagementLevel>
    | number[]
    | NonNullable<ModelOutput["tensors"]>;
  /** Whether somebody is to be seen, of models that know people. */
  has_person?: boolean;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
}

type Spec = { task: Task; labels: readonly string[] };

const PERSON = "person";

/** The answer of a model to one image, by its task. */
export function predictionsOf(output: ModelOutput, spec: Spec): Predictions {
  const person = personIn(output, spec);
  return {
    predictions: shaped(output, spec),
    ...(person !== undefined && { has_person: person }),
    ...(output.notice !== undefined && { notice: output.notice }),
  };
}

/**
 * The answer of several models, one after the other, to one image: that of the last; people may be seen by any. What a
 * step has for later ones only is not among the outputs.
 */
export function pipelinePredictions(
  outputs: Readonly<Record<string, ModelOutput>>,
  steps: readonly (Spec & { step: string })[],
): Predictions & { cached: boolean } {
  const said = steps.flatMap((spec) => spec.step in outputs ? [{ spec, output: outputs[spec.step] }] : []);
  const last = said.at(-1)!;
  const person = said.map(({ spec, output }) => personIn(output, spec)).filter((seen) => seen !== undefined);
  const notice = said.find(({ output }) => output.notice !== undefined)?.output.notice;
  const answers = last.output.crops ?? [last.output];
  return {
    predictions: shaped(last.output, last.spec),
    ...(person.length > 0 && { has_person: person.includes(true) }),
    ...(notice !== undefined && { notice }),
    cached: answers.length > 0 && answers.every(({ cached }) => cached === true),
  };
}

function shaped(output: ModelOutput, { task }: Spec): Predictions["predictions"] {
  const { detections, classes, heads, embedding, tensors, crops } = output;
  // Of several faces the first one is meant: those who want them all find them in the outputs.
  if (task === "head") return levelsOf(heads ?? crops?.find(({ heads }) => heads)?.heads ?? {});
  if (task === "detect") return detections ?? [];
  return crops ?? classes ?? embedding ?? tensors ?? [];
}

function levelsOf(heads: Record<string, HeadOutput>): Record<string, EngagementLevel> {
  return Object.fromEntries(
    Object.entries(heads).map(([name, { probabilities }]) => [name, engagementLevel(probabilities)]),
  );
}

/** Found somewhere, or likelier than everything else; undefined of models that do not know people. */
function personIn({ detections, classes }: ModelOutput, { labels }: Spec): boolean | undefined {
  if (!labels.includes(PERSON)) return undefined;
  if (detections) return detections.some(({ label }) => label === PERSON);
  return classes && classes[0]?.label === PERSON;
}

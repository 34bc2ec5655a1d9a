import { type EngagementLevel, engagementLevel } from "../core/engagement.ts";
import type { Task } from "../core/model.ts";
import type { ClassScore, Detection, ModelOutput } from "../core/results.ts";

/** What is told of one image, in the shape that fits the model's task. */
export interface Predictions {
  /** What was found, the likeliest classes, a level for each head, the feature vector, or bare numbers. */
  predictions:
    | Detection[]
    | ClassScore[]
    | Record<string, EngagementLevel>
    | number[]
    | NonNullable<ModelOutput["tensors"]>;
  /** Whether somebody is to be seen, of models that know people. */
  has_person?: boolean;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
}

const PERSON = "person";

/** The answer of a model to one image, by its task. */
export function predictionsOf(
  output: ModelOutput,
  { task, labels }: { task: Task; labels: readonly string[] },
): Predictions {
  const { notice } = output;
  return {
    predictions: shaped(output, task),
    ...(labels.includes(PERSON) && (task === "detect" || task === "classify") && { has_person: hasPerson(output) }),
    ...(notice !== undefined && { notice }),
  };
}

function shaped(
  { detections, classes, heads, embedding, tensors, crops }: ModelOutput,
  task: Task,
): Predictions["predictions"] {
  switch (task) {
    case "detect":
      return detections ?? [];
    case "classify":
      return classes ?? [];
    case "embed":
      return embedding ?? [];
    case "head":
      // Of several faces the surest one is meant: the first that was cut out.
      return levelsOf(heads ?? crops?.find(({ heads }) => heads)?.heads ?? {});
    case "tensor":
      return tensors ?? {};
  }
}

function levelsOf(heads: NonNullable<ModelOutput["heads"]>): Record<string, EngagementLevel> {
  return Object.fromEntries(
    Object.entries(heads).map(([name, { probabilities }]) => [name, engagementLevel(probabilities)]),
  );
}

/** Found somewhere, or likelier than everything else. */
function hasPerson({ detections, classes }: ModelOutput): boolean {
  return detections ? detections.some(({ label }) => label === PERSON) : classes?.[0]?.label === PERSON;
}

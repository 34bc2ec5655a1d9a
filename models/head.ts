import type { HeadOutput } from "../src/core/results.ts";
import type { Adapter } from "./adapter.ts";
import { activate, type Activation, ACTIVATIONS, MOVES } from "./activation.ts";
import { notFinite } from "./detections.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { DYNAMIC_BATCH } from "./image_input.ts";
import { labelOf, labelsFor } from "./labels.ts";
import { optionOf } from "./option.ts";
import { elementCount, itemOf } from "./tensors.ts";

const TYPES = ["float32", "float16"] as const;

/** Small networks on top of another's feature vector: each output is one head, a number for each of its classes. */
export const head: Adapter = {
  name: "head",
  task: "head",
  describe: "heads on a feature vector [b,size]: each output [b,classes] is one head; softmax is applied where the " +
    "graph does not",

  recognise(graph, hints = {}) {
    const vector = vectorPort(graph);
    if (!vector || graph.outputs.length === 0 || !graph.outputs.every(isHead)) return undefined;
    const [batch, size] = vector.dims as [number | string, number];
    const counts = graph.outputs.map(({ dims }) => dims![1] as number);
    const last = graph.outputs.map(({ name }) => graph.before[name]?.find(({ op }) => !MOVES.has(op))?.op);
    const decided = last.every((op) => op === "Softmax" || op === "Sigmoid");
    const asked = optionOf(hints, { name: "activation", choices: ACTIVATIONS });
    const activation: Activation = asked ??
      (decided ? "none" : last.every((op) => op === "LogSoftmax") ? "exp" : "auto");
    const { labels, why } = labelsFor(graph, { count: counts[0], hints, usual: "none" });
    const fixed = typeof batch === "number" || graph.outputs.some(({ dims }) => dims![0] === 1);
    return {
      why: [
        `its input ${portText(vector)} is a feature vector, and its outputs (${
          graph.outputs.map(portText).join(", ")
        }) ` +
        `are ${counts.length === 1 ? "one head" : `${counts.length} heads`}` +
        (decided ? `, after ${last[0]}` : ", to which softmax is applied unless they are probabilities already"),
        why,
        "vectors go in as the step before answers them",
      ],
      input: {
        name: vector.name,
        width: size,
        height: 1,
        layout: "vector",
        colour: "gray",
        type: vector.type as typeof TYPES[number],
        fit: "stretch",
        pad: 0,
        scale: 1,
        mean: [0],
        std: [1],
        maxBatch: fixed ? 1 : DYNAMIC_BATCH,
      },
      labels,
      outputs: graph.outputs.map(({ name }) => name),
      minScore: 0,
      iou: 1,
      maxDetections: 1,
      options: { activation, ...(graph.metadata.notice && { notice: graph.metadata.notice }) },
    };
  },

  read(outputs, index, spec) {
    const activation = (spec.options?.activation as Activation | undefined) ?? "auto";
    const heads: Record<string, HeadOutput> = {};
    for (const name of spec.outputs) {
      const { data, offset, dims } = itemOf(outputs, name, index);
      const scores = Float64Array.from({ length: elementCount(dims) }, (_, i) => data[offset + i]);
      if (!scores.every(Number.isFinite)) throw notFinite();
      activate(scores, activation);
      const classId = scores.indexOf(scores.reduce((a, b) => Math.max(a, b), -Infinity));
      const named = spec.labels.length === scores.length ? spec : { labels: [] };
      heads[name] = { label: labelOf(named, classId), classId, score: scores[classId], probabilities: [...scores] };
    }
    const notice = spec.options?.notice as string | undefined;
    return { heads, ...(notice !== undefined && { notice }) };
  },
};

/** The one input that takes a row of numbers. */
function vectorPort(graph: GraphInfo): Port | undefined {
  const [port] = graph.inputs;
  if (graph.inputs.length !== 1 || port.kind !== "tensor" || port.dims?.length !== 2) return undefined;
  const [batch, size] = port.dims;
  if (typeof size !== "number" || size < 2 || (typeof batch === "number" && batch !== 1)) return undefined;
  return TYPES.some((type) => type === port.type) ? port : undefined;
}

function isHead({ kind, type, dims }: Port): boolean {
  return kind === "tensor" && type.startsWith("float") && dims?.length === 2 && typeof dims[1] === "number" &&
    dims[1] >= 2;
}

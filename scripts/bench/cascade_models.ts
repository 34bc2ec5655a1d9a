import { buildModel } from "./onnx_builder.ts";

/** Numbers of a {@link tinyEmbedder}'s vectors. */
export const TINY_VECTOR = 4;

/**
 * Answers what colour a picture has as a vector: the means of red, green and blue, and others that say nothing, the
 * fourth of them never nought; `swapped` takes red for blue. Cheap, exact, and the same on every machine.
 */
export function tinyEmbedder(
  { size = 32, numbers = TINY_VECTOR, swapped = false }: { size?: number; numbers?: number; swapped?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const weights = new Float32Array(numbers * 3);
  for (let channel = 0; channel < 3; channel++) weights[channel * 3 + (swapped ? 2 - channel : channel)] = 1;
  return buildModel({
    name: "tiny_embedder",
    inputs: [{ name: "pictures", type: "float32", dims: ["batch", 3, size, size] }],
    outputs: [{ name: "embedding", type: "float32", dims: ["batch", numbers] }],
    nodes: [
      // Says by itself that pictures go in as 0–255.
      { op: "Mul", inputs: ["pictures", "unit"], outputs: ["scaled"] },
      { op: "GlobalAveragePool", inputs: ["scaled"], outputs: ["means"] },
      { op: "Conv", inputs: ["means", "weights", "bias"], outputs: ["mixed"], attributes: { kernel_shape: [1, 1] } },
      { op: "Flatten", inputs: ["mixed"], outputs: ["embedding"], attributes: { axis: 1 } },
    ],
    initializers: {
      unit: { type: "float32", dims: [1], data: [1 / 255] },
      weights: { type: "float32", dims: [numbers, 3, 1, 1], data: weights },
      bias: {
        type: "float32",
        dims: [numbers],
        data: Float32Array.from({ length: numbers }, (_, n) => n === 3 ? 0.05 : 0),
      },
    },
  });
}

/** Heads on a vector of `size` numbers: of each output, class n is the likelier the larger number n of the vector is. */
export function tinyHead(
  { size = TINY_VECTOR, heads = ["colour"], classes = 3, gain = 10 }: {
    size?: number;
    heads?: readonly string[];
    classes?: number;
    gain?: number;
  } = {},
): Uint8Array<ArrayBuffer> {
  const weights = new Float32Array(size * classes);
  for (let n = 0; n < classes; n++) weights[n * classes + n] = gain;
  return buildModel({
    name: "tiny_head",
    inputs: [{ name: "embedding", type: "float32", dims: ["batch", size] }],
    outputs: heads.map((name) => ({ name, type: "float32", dims: ["batch", classes] })),
    nodes: heads.flatMap((name) => [
      { op: "MatMul", inputs: ["embedding", "weights"], outputs: [`${name} logits`] },
      { op: "Softmax", inputs: [`${name} logits`], outputs: [name], attributes: { axis: 1 } },
    ]),
    initializers: { weights: { type: "float32", dims: [size, classes], data: weights } },
  });
}

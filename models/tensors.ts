import { ModelError } from "./model_error.ts";

/** Memory of a tensor by its element type; 64-bit integers are bigints. */
export interface TensorData {
  float32: Float32Array;
  float64: Float64Array;
  float16: Float16Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  string: string[];
}

/** Element types that can cross into and out of a model. */
export type TensorType = keyof TensorData;

/** What a model answers under one output's name, for the whole batch. */
export interface Tensor {
  type: TensorType;
  dims: readonly number[];
  data: TensorData[TensorType];
}

/** What is fed into one input. float16 may come as its bits, too. */
export interface Feed {
  type: TensorType;
  dims: readonly number[];
  data: TensorData[TensorType];
}

/** How many elements a shape has. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * Lets go of what a model answered, all of it read. Until it is collected, V8 counts a native tensor as memory of its own
 * and starts full collections for garbage that is none.
 */
export function letGo(outputs: Record<string, Tensor>): void {
  for (const { data } of Object.values(outputs)) {
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0);
  }
}

/** One picture's part of an output, as floats. */
export interface Item {
  data: Float32Array | Float64Array;
  /** Where the picture's values begin. */
  offset: number;
  /** The shape without the batch. */
  dims: readonly number[];
}

/** The part of output `name` that belongs to picture `index` of the batch. */
export function itemOf(outputs: Record<string, Tensor>, name: string, index: number): Item {
  const tensor = outputs[name];
  if (!tensor) throw new ModelError("failed", `The model gave no output '${name}'`);
  const [batch, ...dims] = tensor.dims;
  const size = elementCount(dims);
  if (!(index < batch)) {
    throw new ModelError("failed", `Output '${name}' holds ${batch} answers, so none for picture ${index + 1}`);
  }
  return { data: floatsOf(tensor, name), offset: index * size, dims };
}

/**
 * The outputs with a batch of one in front of one of them, whose graph left it out. ONNX Runtime's own tensors have
 * their values behind a getter, so that copying one by its fields would lose them.
 */
export function withBatch(outputs: Record<string, Tensor>, name: string): Record<string, Tensor> {
  const output = outputs[name];
  if (!output) return outputs;
  const { type, dims, data } = output;
  return { [name]: { type, dims: [1, ...dims], data } };
}

/** Throws when a picture's part of an output is not shaped as the adapter reads it; -1 stands for any size. */
export function expectDims(item: Item, name: string, expected: readonly number[]): void {
  const fits = item.dims.length === expected.length &&
    expected.every((dim, axis) => dim === -1 || dim === item.dims[axis]);
  if (fits) return;
  const wanted = expected.map((dim) => dim === -1 ? "?" : dim).join(",");
  throw new ModelError("failed", `Output '${name}' is [${item.dims.join(",")}] a picture, not [${wanted}]`);
}

const asFloats = new WeakMap<Tensor, Float32Array>();

/** The values of a numeric tensor as floats, converted once however many pictures share it. */
function floatsOf(tensor: Tensor, name: string): Float32Array | Float64Array {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (Array.isArray(data)) throw new ModelError("failed", `Output '${name}' holds text, not numbers`);
  let floats = asFloats.get(tensor);
  if (!floats) {
    floats = data instanceof BigInt64Array || data instanceof BigUint64Array
      ? Float32Array.from(data as BigInt64Array, Number)
      : new Float32Array(data);
    asFloats.set(tensor, floats);
  }
  return floats;
}

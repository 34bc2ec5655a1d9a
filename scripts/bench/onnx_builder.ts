import { ProtobufWriter } from "./protobuf.ts";

/** Element types a tensor may have here, with ONNX's own numbers. */
const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, float16: 10 } as const;
const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

/** One element type out of those the builder can write. */
export type ElementType = keyof typeof ELEMENT;

/** A constant tensor. `data` holds the values; they are converted to `type`. */
export interface TensorValue {
  type: ElementType;
  dims: readonly number[];
  data: ArrayLike<number> | readonly bigint[] | readonly string[];
}

/** An input or output. A string in `dims` is a dynamic dimension of that name; `sequence` makes it a non-tensor. */
export interface PortSpec {
  name: string;
  type: ElementType;
  dims: readonly (number | string)[];
  sequence?: boolean;
}

/** A node's attribute. Plain numbers are ints: write floats as `{ float: 0.1 }` or `{ floats: [0.1] }`. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { float: number }
  | { floats: readonly number[] }
  | { tensor: TensorValue }
  | { graph: GraphSpec };

/** One operation. An empty input name leaves an optional input out. */
export interface NodeSpec {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Record<string, AttributeValue>;
  name?: string;
}

/** What a graph consists of; also the body of a `Loop` or `If`. */
export interface GraphSpec {
  name?: string;
  inputs: readonly PortSpec[];
  outputs: readonly PortSpec[];
  nodes: readonly NodeSpec[];
  initializers?: Record<string, TensorValue>;
}

/** A whole model. */
export interface OnnxModelSpec extends GraphSpec {
  /** `metadata_props`, where exporters tell what the model is. */
  metadata?: Record<string, string>;
  /** Version of the standard operator set; default 17. */
  opset?: number;
}

/** The bytes of an ONNX file. Nothing is checked beyond what the types say: broken models are wanted too. */
export function buildModel(spec: OnnxModelSpec): Uint8Array<ArrayBuffer> {
  const model = new ProtobufWriter()
    .int(1, 8)
    .string(2, "weir")
    .message(7, graph(spec))
    .message(8, new ProtobufWriter().string(1, "").int(2, spec.opset ?? 17));
  for (const [key, value] of Object.entries(spec.metadata ?? {})) {
    model.message(14, new ProtobufWriter().string(1, key).string(2, value));
  }
  return model.finish();
}

function graph(spec: GraphSpec): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const node of spec.nodes) writer.message(1, nodeMessage(node));
  writer.string(2, spec.name ?? "graph");
  for (const [name, value] of Object.entries(spec.initializers ?? {})) writer.message(5, tensor(value, name));
  for (const input of spec.inputs) writer.message(11, port(input));
  for (const output of spec.outputs) writer.message(12, port(output));
  return writer;
}

function nodeMessage(node: NodeSpec): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name ?? `${node.op}:${node.outputs[0]}`).string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) writer.message(5, attribute(name, value));
  return writer;
}

function attribute(name: string, value: AttributeValue): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  const typed = (type: number) => writer.int(20, type);
  if (typeof value === "number") return typed(ATTRIBUTE.int).int(3, value);
  if (typeof value === "string") return typed(ATTRIBUTE.string).string(4, value);
  if (Array.isArray(value)) {
    if (typeof value[0] !== "string") return typed(ATTRIBUTE.ints).ints(8, value as number[]);
    for (const item of value as string[]) writer.string(9, item);
    return typed(ATTRIBUTE.strings);
  }
  if ("float" in value) return typed(ATTRIBUTE.float).float(2, value.float);
  if ("floats" in value) return typed(ATTRIBUTE.floats).floats(7, value.floats);
  if ("tensor" in value) return typed(ATTRIBUTE.tensor).message(5, tensor(value.tensor, ""));
  return typed(ATTRIBUTE.graph).message(6, graph((value as { graph: GraphSpec }).graph));
}

function port(spec: PortSpec): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of spec.dims) {
    const dimension = new ProtobufWriter();
    shape.message(1, typeof dim === "number" ? dimension.int(1, dim) : dimension.string(2, dim));
  }
  const tensorType = new ProtobufWriter().message(
    1,
    new ProtobufWriter().int(1, ELEMENT[spec.type]).message(2, shape),
  );
  const type = spec.sequence
    ? new ProtobufWriter().message(4, new ProtobufWriter().message(1, tensorType))
    : tensorType;
  return new ProtobufWriter().string(1, spec.name).message(2, type);
}

function tensor(value: TensorValue, name: string): ProtobufWriter {
  const writer = new ProtobufWriter().ints(1, value.dims).int(2, ELEMENT[value.type]).string(8, name);
  if (value.type !== "string") return writer.bytes(9, rawData(value));
  for (const item of value.data as readonly string[]) writer.string(6, item);
  return writer;
}

function rawData({ type, data }: TensorValue): Uint8Array {
  const numbers = data as ArrayLike<number>;
  const array = type === "float32"
    ? (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers))
    : type === "float16"
    ? Float16Array.from(numbers)
    : type === "int64"
    ? BigInt64Array.from(Array.from(data as ArrayLike<number | bigint>, (item) => BigInt(item)))
    : type === "int32"
    ? Int32Array.from(numbers)
    : Uint8Array.from(numbers);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** An input or output of a graph. */
export interface Port {
  name: string;
  kind: "tensor" | "sequence" | "map" | "optional" | "sparse" | "unknown";
  /** Element type of a tensor by ONNX's name in lower case (`float32`, `float16`, `uint8`, `string` …). */
  type: string;
  /** A string is a dynamic dimension's name, `?` where it has none. Undefined when the file states no shape. */
  dims?: (number | string)[];
}

/** One operation, as far as it helps to understand what a graph does with its inputs and outputs. */
export interface NodeInfo {
  op: string;
  inputs: string[];
  outputs: string[];
}

/** What an ONNX file says of itself. Plain data. */
export interface GraphInfo {
  file: string;
  sizeBytes: number;
  irVersion: number;
  producer: string;
  producerVersion: string;
  domain: string;
  modelVersion: number;
  description: string;
  graphName: string;
  /** Version of each operator set by its domain; the standard one's is `ai.onnx`. */
  opsets: Record<string, number>;
  metadata: Record<string, string>;
  /** Inputs that must be fed: without those that the file gives a value. */
  inputs: Port[];
  outputs: Port[];
  nodes: number;
  /** Elements of all weights together. */
  parameters: number;
  /** Files beside the model that hold weights. */
  externalData: string[];
  /** The first operations after each input, in order. */
  after: Record<string, NodeInfo[]>;
  /** The last operations before each output, the nearest first, along the first input of each. */
  before: Record<string, NodeInfo[]>;
}

/** A port in words: `images float32[batch,3,640,640]`. */
export function portText(port: Port): string {
  if (port.kind !== "tensor") return `${port.name} (a ${port.kind})`;
  return `${port.name} ${port.type}${port.dims ? `[${port.dims.join(",")}]` : " of unknown shape"}`;
}

import type { Hints } from "../../../models/adapter.ts";
import type { GraphInfo } from "../../../models/graph_info.ts";
import { parseGraphInfo } from "../../../models/onnx_metadata.ts";
import { bytesOf } from "../../../models/protobuf_reader.ts";
import { buildModel, type NodeSpec, type PortSpec } from "../../../scripts/bench/onnx_builder.ts";
import { ultralyticsMetadata } from "../../../scripts/bench/sample_models.ts";
import type { InputSpec } from "../../../src/core/model.ts";

/** The dimensions of a tensor; what is a name is open. */
export type Dims = (number | string)[];

/** A model of one family, by what its file says; nothing of it runs. */
export interface Sample {
  what: string;
  adapter: string;
  input?: Dims;
  type?: PortSpec["type"];
  extraInputs?: PortSpec[];
  outputs: Record<string, Dims>;
  /** Operation that makes the first output. */
  last?: string;
  /** Operations after the input. */
  first?: NodeSpec[];
  metadata?: Record<string, string>;
  hints?: Hints;
  expect?: {
    input?: Partial<InputSpec>;
    options?: Record<string, unknown>;
    labels?: number;
    outputs?: string[];
    why?: RegExp;
  };
}

/** A fixed square input of one picture. */
export const picture = (size: number): Dims => [1, 3, size, size];
/** That many names of classes. */
export const names = (count: number) => Array.from({ length: count }, (_, i) => `thing ${i}`);
/** Metadata as Ultralytics writes them. */
export const ultralytics = (size: number, classes: number, more: Record<string, string> = {}) => ({
  ...ultralyticsMetadata(size, names(classes)),
  ...more,
});

/** What the sample's file would say. */
export function graphOf(
  { input = picture(640), type = "float32", extraInputs = [], outputs, last, first, metadata }: Sample,
): GraphInfo {
  const [made] = Object.keys(outputs);
  const bytes = buildModel({
    inputs: [{ name: "images", type, dims: input }, ...extraInputs],
    outputs: Object.entries(outputs).map(([name, dims]) => ({ name, type: "float32", dims })),
    nodes: [...(first ?? []), { op: last ?? "Identity", inputs: [first ? "turned" : "images"], outputs: [made] }],
    metadata,
  });
  return parseGraphInfo("sample.onnx", bytesOf(bytes));
}

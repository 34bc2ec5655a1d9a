import { type ByteSource, damaged, type Field, ProtobufReader } from "./protobuf_reader.ts";

const EXTERNAL = 1;
const DEPTH_MAX = 16;
const NAMES_MAX = 16;
const NAME_BYTES = 4096;

/** Messages that may hold tensors, and which of their fields lead on. */
const WAYS = {
  model: { 7: "graph", 25: "function" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  function: { 7: "node", 11: "attribute" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: {},
} as const satisfies Record<string, Record<number, string>>;

type Kind = keyof typeof WAYS;

/**
 * The files that an ONNX file wants weights from, wherever in it they are named: in attributes, bodies of loops and
 * functions, too. At most a few of them are told.
 */
export function externalFiles(source: ByteSource): string[] {
  const reader = new ProtobufReader(source);
  const names = new Set<string>();
  const walk = (kind: Kind, start: number, end: number, depth: number): void => {
    if (depth > DEPTH_MAX) throw damaged("graphs within graphs without an end", start);
    if (kind === "tensor") return void tensor(start, end);
    const ways: Record<number, Kind> = WAYS[kind];
    reader.fields(start, end, (field) => {
      const below = ways[field.number];
      if (!below || field.wire !== 2 || names.size >= NAMES_MAX) return;
      walk(below, field.start, field.end, depth + 1);
    });
  };
  const tensor = (start: number, end: number): void => {
    let external = false;
    let location = "";
    reader.fields(start, end, (field) => {
      if (field.number === 14) external = field.value === EXTERNAL;
      if (field.number === 13 && field.wire === 2) location = locationOf(field) ?? location;
    });
    if (external) names.add(location || "another file");
  };
  const locationOf = ({ start, end }: Field): string | undefined => {
    let key = "";
    let value = "";
    reader.fields(start, end, (part) => {
      if (part.number === 1) key = reader.text(part, NAME_BYTES);
      else if (part.number === 2) value = reader.text(part, NAME_BYTES);
    });
    return key === "location" ? value : undefined;
  };
  walk("model", 0, source.size, 0);
  return [...names];
}

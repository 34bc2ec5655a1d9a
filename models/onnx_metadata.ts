import { basename } from "node:path";
import { bytesOf } from "./file_bytes.ts";
import { foreignKind } from "./file_kind.ts";
import type { GraphInfo, NodeInfo, Port } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";
import { type ByteSource, damaged, type Field, ProtobufReader } from "./protobuf_reader.ts";

// deno-fmt-ignore
const ELEMENT_TYPES = [
  "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
  "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
  "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
];

const LIMIT = { name: 4096, text: 1 << 20, ports: 10_000, dims: 64, properties: 10_000, nodes: 1_000_000, depth: 8 };
/** How far from an input and an output operations are of interest. */
const REACH = 12;
const EXTERNAL = 1;

/** Reads what an ONNX file says of itself, without its weights and without ONNX Runtime. */
export function readGraphInfo(file: string): GraphInfo {
  let handle: Deno.FsFile;
  try {
    handle = Deno.openSync(file, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ModelError("not_found", `Cannot open model ${file}: no such file`, { cause: error });
    }
    throw new ModelError("unreadable", `Cannot open model ${file}: ${(error as Error).message}`, { cause: error });
  }
  using _ = handle;
  if (handle.statSync().isDirectory) throw new ModelError("unreadable", `Cannot open model ${file}: it is a directory`);
  return parseGraphInfo(file, bytesOf(handle));
}

/** Reads what the bytes of an ONNX file say; `file` is for messages only. */
export function parseGraphInfo(file: string, source: ByteSource): GraphInfo {
  const fail = (code: ModelError["code"], why: string, cause?: unknown) =>
    new ModelError(code, `Cannot read model ${file}: ${why}`, { cause });
  if (source.size === 0) throw fail("empty", "the file is empty (0 bytes)");
  const head = new Uint8Array(Math.min(64, source.size));
  source.read(0, head);
  const foreign = foreignKind(head);
  if (foreign) throw fail("not_onnx", `it is ${foreign}`);
  const walk = new Walk(source, file);
  try {
    walk.model();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    // Before a graph was met nothing says that this was ever ONNX.
    if (!walk.sawModel) throw fail("not_onnx", "it is not an ONNX file", error);
    throw fail(error.code, error.message, error);
  }
  if (!walk.sawGraph) throw fail("not_onnx", "it is not an ONNX file: it holds no graph");
  return walk.finish();
}

class Walk {
  sawModel = false;
  sawGraph = false;
  #reader: ProtobufReader;
  #info: GraphInfo;
  #initialized = new Set<string>();
  #external = new Set<string>();
  #producers = new Map<string, NodeInfo>();
  #consumers = new Map<string, NodeInfo[]>();

  constructor(private readonly source: ByteSource, file: string) {
    this.#reader = new ProtobufReader(source);
    this.#info = {
      file,
      sizeBytes: source.size,
      irVersion: 0,
      producer: "",
      producerVersion: "",
      domain: "",
      modelVersion: 0,
      description: "",
      graphName: "",
      opsets: {},
      metadata: {},
      inputs: [],
      outputs: [],
      nodes: 0,
      parameters: 0,
      externalData: [],
      after: {},
      before: {},
    };
  }

  model(): void {
    const info = this.#info;
    let properties = 0;
    this.#reader.fields(0, this.source.size, (field) => {
      switch (field.number) {
        case 1:
          if (field.wire !== 0 || field.value < 1 || field.value > 1000) throw damaged("no version", field.start);
          info.irVersion = field.value;
          this.sawModel = true;
          break;
        case 2:
          info.producer = this.#reader.text(field, LIMIT.text);
          break;
        case 3:
          info.producerVersion = this.#reader.text(field, LIMIT.text);
          break;
        case 4:
          info.domain = this.#reader.text(field, LIMIT.text);
          break;
        case 5:
          info.modelVersion = field.value;
          break;
        case 6:
          info.description = this.#reader.text(field, LIMIT.text);
          break;
        case 7:
          this.#expectSpan(field);
          this.sawGraph = true;
          this.#graph(field.start, field.end);
          break;
        case 8: {
          if (++properties > LIMIT.properties) throw damaged("too many operator sets", field.start);
          const [domain, version] = this.#opset(field);
          info.opsets[domain || "ai.onnx"] = version;
          break;
        }
        case 14: {
          if (++properties > LIMIT.properties) throw damaged("too many properties", field.start);
          const [key, value] = this.#pair(field);
          info.metadata[key] = value;
          break;
        }
      }
    });
  }

  finish(): GraphInfo {
    const info = this.#info;
    info.inputs = info.inputs.filter(({ name }) => !this.#initialized.has(name));
    info.externalData = [...this.#external];
    for (const { name } of info.inputs) info.after[name] = this.#chainAfter(name);
    for (const { name } of info.outputs) info.before[name] = this.#chainBefore(name);
    return info;
  }

  #graph(start: number, end: number): void {
    const info = this.#info;
    this.#reader.fields(start, end, (field) => {
      if (field.number === 1) this.#node(field);
      else if (field.number === 2) info.graphName = this.#reader.text(field, LIMIT.text);
      else if (field.number === 5) this.#weights(field);
      else if (field.number === 11) this.#push(info.inputs, field);
      else if (field.number === 12) this.#push(info.outputs, field);
    });
  }

  #push(ports: Port[], field: Field): void {
    if (ports.length >= LIMIT.ports) throw damaged("too many inputs or outputs", field.start);
    ports.push(this.#port(field));
  }

  #node(field: Field): void {
    this.#expectSpan(field);
    if (++this.#info.nodes > LIMIT.nodes) throw damaged("too many operations", field.start);
    const node: NodeInfo = { op: "", inputs: [], outputs: [] };
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 4) node.op = this.#name(part);
      else if (part.number === 1 || part.number === 2) {
        const names = part.number === 1 ? node.inputs : node.outputs;
        if (names.length >= LIMIT.ports) throw damaged("an operation with too many ends", part.start);
        names.push(this.#name(part));
      }
    });
    for (const name of node.outputs) this.#producers.set(name, node);
    for (const name of node.inputs) {
      const users = this.#consumers.get(name);
      if (!users) this.#consumers.set(name, [node]);
      else if (users.length < REACH) users.push(node);
    }
  }

  #weights(field: Field): void {
    this.#expectSpan(field);
    let count = 1;
    let rank = 0;
    let external = false;
    let location = "";
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 8) this.#initialized.add(this.#name(part));
      else if (part.number === 1) {
        this.#reader.integers(part, (dim) => {
          if (++rank > LIMIT.dims) throw damaged("weights of too many dimensions", part.start);
          count *= dim;
        });
      } else if (part.number === 14) external = part.value === EXTERNAL;
      else if (part.number === 13) {
        const [key, value] = this.#pair(part);
        if (key === "location") location = value;
      }
    });
    this.#info.parameters += count;
    if (external && location && this.#external.size < LIMIT.ports) this.#external.add(location);
  }

  #port(field: Field): Port {
    this.#expectSpan(field);
    const port: Port = { name: "", kind: "unknown", type: "undefined" };
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 1) port.name = this.#name(part);
      else if (part.number === 2) this.#type(part, port);
    });
    return port;
  }

  #type(field: Field, port: Port): void {
    this.#expectSpan(field);
    const kinds: Record<number, Port["kind"]> = { 1: "tensor", 4: "sequence", 5: "map", 8: "sparse", 9: "optional" };
    this.#reader.fields(field.start, field.end, (part) => {
      const kind = kinds[part.number];
      if (!kind) return;
      port.kind = kind;
      if (kind === "tensor") this.#tensorType(part, port);
    });
  }

  #tensorType(field: Field, port: Port): void {
    this.#expectSpan(field);
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 1) port.type = ELEMENT_TYPES[part.value] ?? `type ${part.value}`;
      else if (part.number === 2) {
        this.#expectSpan(part);
        const dims: (number | string)[] = [];
        this.#reader.fields(part.start, part.end, (dim) => {
          if (dim.number !== 1) return;
          if (dims.length >= LIMIT.dims) throw damaged("a shape of too many dimensions", dim.start);
          dims.push(this.#dim(dim));
        });
        port.dims = dims;
      }
    });
  }

  #dim(field: Field): number | string {
    this.#expectSpan(field);
    let dim: number | string = "?";
    this.#reader.fields(field.start, field.end, (part) => {
      // Exporters write a dynamic dimension as -1, or as 0 without a name.
      if (part.number === 1 && part.value > 0) dim = part.value;
      else if (part.number === 2) dim = this.#name(part) || "?";
    });
    return dim;
  }

  #opset(field: Field): [domain: string, version: number] {
    this.#expectSpan(field);
    let domain = "";
    let version = 0;
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 1) domain = this.#name(part);
      else if (part.number === 2) version = part.value;
    });
    return [domain, version];
  }

  #pair(field: Field): [key: string, value: string] {
    this.#expectSpan(field);
    let key = "";
    let value = "";
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === 1) key = this.#name(part);
      else if (part.number === 2) value = this.#reader.text(part, LIMIT.text);
    });
    return [key, value];
  }

  #name(field: Field): string {
    const name = this.#reader.text(field, LIMIT.name);
    // deno-lint-ignore no-control-regex
    if (/[\0-\x1f\x7f]/.test(name)) throw damaged("a name with control characters", field.start);
    return name;
  }

  #expectSpan(field: Field): void {
    if (field.wire !== 2) throw damaged("a number where a message belongs", field.start);
  }

  #chainAfter(name: string): NodeInfo[] {
    const chain: NodeInfo[] = [];
    for (let at = name; chain.length < REACH;) {
      const next = this.#consumers.get(at)?.[0];
      if (!next || chain.includes(next)) break;
      chain.push(next);
      at = next.outputs[0];
    }
    return chain;
  }

  #chainBefore(name: string): NodeInfo[] {
    const chain: NodeInfo[] = [];
    for (let at = name; chain.length < REACH;) {
      const node = this.#producers.get(at);
      if (!node || chain.includes(node)) break;
      chain.push(node);
      at = node.inputs[0];
    }
    return chain;
  }
}

/** The file's name without folders and ending: what a model is called unless told otherwise. */
export function modelNameOf(file: string): string {
  return basename(file).replace(/\.onnx$/i, "");
}

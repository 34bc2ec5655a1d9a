import { basename } from "node:path";
import { type GraphInfo, portText } from "../../models/graph_info.ts";
import { elementCount } from "../../models/tensors.ts";
import { modelNameOf } from "../../models/onnx_metadata.ts";
import { adapterNamed } from "../../models/registry.ts";
import type { InputSpec, ModelSpec, StateSpec, Task } from "../core/model.ts";
import { formatBytes } from "./format.ts";
import { table } from "./help.ts";
import type { Inspection } from "./inspection.ts";

type Rows = [string, string][];

const SHOWN_PORTS = 12;
const SHOWN_LABELS = 12;
const SHOWN_VALUE = 160;

/** What a model of each task is for, after its adapter's name. */
const PURPOSES: Record<Task, string> = {
  detect: "to detect",
  classify: "to classify",
  embed: "to embed",
  head: "to judge what another model embeds (a step with `on`)",
  tensor: "for its bare outputs",
};

/** An inspection as a person reads it. */
export function inspectionText(inspection: Inspection): string {
  const { file, graph, sha256, spec, why, error, warnings, manifest, manifestFile, provider } = inspection;
  const parts: string[] = [basename(file)];
  if (graph) parts.push(...table(fileRows(graph, sha256)), ...section("Inputs", ports(graph.inputs)));
  if (graph) parts.push(...section("Outputs", ports(graph.outputs)), ...section("Metadata", metadata(graph)));
  if (spec) {
    const rows: Rows = [
      ["adapter", `${spec.adapter}, ${PURPOSES[spec.task]}`],
      ["reads", adapterNamed(spec.adapter).describe],
      ...why!.map((sentence, i): [string, string] => [i === 0 ? "because" : "", sentence]),
      ["input", inputText(spec.input)],
      ...(spec.state ? [["state", stateText(spec.state)] as [string, string]] : []),
      ["labels", labelsText(spec)],
      ["answers", answersText(spec)],
      ["licence", spec.licence ?? "not stated"],
      ...(manifestFile ? [["manifest", manifestFile] as [string, string]] : []),
      ...(provider ? [["runs on", provider] as [string, string]] : []),
    ];
    parts.push(...section("As Weir uses it", rows));
  }
  if (warnings.length > 0) parts.push(...section("To check", warnings.map((text) => ["!", text])));
  if (error) parts.push("", "Weir cannot use it:", `  ${error.message}`);
  if (error && graph && error.code === "unrecognised") {
    const name = `${modelNameOf(file)}.weir.yaml`;
    parts.push(
      "",
      ...(manifest
        ? [`To use it all the same, say beside it in ${name}:`, "", ...manifest.split("\n").map((line) => `  ${line}`)]
        : ["No manifest changes that: Weir feeds a model with pictures, or with the feature vectors of another."]),
    );
  }
  return parts.join("\n");
}

function section(heading: string, rows: Rows): string[] {
  return rows.length === 0 ? [] : ["", `${heading}:`, ...table(rows)];
}

function fileRows(graph: GraphInfo, sha256?: string): Rows {
  const opsets = Object.entries(graph.opsets).map(([domain, version]) => `${domain} ${version}`).join(", ");
  const maker = [graph.producer, graph.producerVersion].filter(Boolean).join(" ");
  return [
    ["file", graph.file],
    ["size", `${formatBytes(graph.sizeBytes)} (${graph.sizeBytes} bytes)`],
    ...(sha256 ? [["sha256", sha256] as [string, string]] : []),
    ["made by", `${maker ? clean(maker) : "not stated"}, ONNX format ${graph.irVersion}`],
    ["opset", clean(opsets)],
    ["network", `${counted(graph.nodes, "operation")}, ${counted(graph.parameters, "parameter")}`],
    ...(graph.externalData.length > 0 ? [["weights", graph.externalData.join(", ")] as [string, string]] : []),
  ];
}

function ports(list: GraphInfo["inputs"]): Rows {
  const rows = list.slice(0, SHOWN_PORTS).map((port): [string, string] => {
    const text = portText(port);
    return [port.name || "(unnamed)", text.slice(port.name.length).trim()];
  });
  return list.length > SHOWN_PORTS ? [...rows, ["…", `${list.length - SHOWN_PORTS} more`]] : rows;
}

function metadata(graph: GraphInfo): Rows {
  return Object.entries(graph.metadata).map(([key, value]) => {
    const text = clean(value);
    return [key, text.length > SHOWN_VALUE ? `${text.slice(0, SHOWN_VALUE)}… (${value.length} characters)` : text];
  });
}

function inputText(input: InputSpec): string {
  if (input.layout === "vector") {
    const batch = input.maxBatch === 1 ? "one a run" : `up to ${input.maxBatch} a run`;
    return `feature vectors of ${input.width} numbers, ${input.type}; ${batch}`;
  }
  const fits = {
    letterbox: `letterboxed in the middle on ${input.pad}`,
    "letterbox-top-left": `letterboxed to the top left on ${input.pad}`,
    stretch: "stretched",
    crop: `its short side scaled to ${input.resize}, then cut out of the middle`,
  };
  const scale = Math.abs(input.scale * 255 - 1) < 1e-9
    ? "pixel / 255"
    : input.scale === 1
    ? "pixel"
    : `pixel × ${input.scale}`;
  const plain = input.mean.every((value) => value === 0) && input.std.every((value) => value === 1);
  const value = plain ? scale : `(${scale} − [${input.mean.join(", ")}]) / [${input.std.join(", ")}]`;
  const batch = input.maxBatch === 1 ? "one picture a run" : `up to ${input.maxBatch} pictures a run`;
  return `${input.width}×${input.height} ${input.colour.toUpperCase()}, ${input.type} ${input.layout.toUpperCase()}, ` +
    `${fits[input.fit]}; value = ${value}; ${batch}`;
}

function stateText({ carried, elapsed }: StateSpec): string {
  const bytes = carried.reduce((sum, { type, dims }) => sum + elementCount(dims) * (type === "float16" ? 2 : 4), 0);
  const tensors = carried.length === 1 ? "1 tensor" : `${carried.length} tensors`;
  const clock = elapsed ? "; it is told the seconds between two frames" : "";
  return `${tensors}, ${formatBytes(bytes)} for each stream or track, from one frame to the next${clock}`;
}

function labelsText({ labels }: ModelSpec): string {
  if (labels.length === 0) return "none";
  const shown = labels.slice(0, SHOWN_LABELS).map(clean).join(", ");
  return `${labels.length}: ${shown}${labels.length > SHOWN_LABELS ? ", …" : ""}`;
}

function answersText({ task, minScore, iou, maxDetections, outputs, options }: ModelSpec): string {
  if (task === "detect") {
    const overlap = iou >= 1 ? "overlaps kept" : `of two that overlap by more than ${iou} the weaker goes`;
    const [points] = (options?.keypoints as number[] | undefined) ?? [];
    const more = points ? `, each with ${points} points` : options?.masks ? ", each with its outline" : "";
    return `at most ${maxDetections} boxes of score ${minScore} and up${more}, ${overlap}`;
  }
  if (task === "classify") return `the best ${maxDetections} classes`;
  if (task === "head") return `the probability of each class, of ${outputs.join(", ")}`;
  if (task === "tensor") return "its outputs as they are";
  return options?.normalise === false ? "a vector as the network gives it" : "a vector of length 1";
}

function counted(count: number, thing: string): string {
  const number = count >= 1e6 ? `${(count / 1e6).toFixed(1)} million` : String(count);
  return `${number} ${thing}${count === 1 ? "" : "s"}`;
}

/** Text from a file in one line, without what would steer a terminal. */
function clean(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\s+/g, " ").replace(/[\0-\x1f\x7f-\x9f]/g, "�");
}

import { isDeepStrictEqual } from "node:util";
import type { InputSpec, ModelSpec, StateSpec } from "../core/model.ts";
import type { GraphInfo } from "../../models/graph_info.ts";
import { imageInput } from "../../models/image_input.ts";
import { KNOWN_LABELS } from "../../models/labels.ts";

/** A manifest to start from, as YAML: what was recognised, or for an unknown model what has to be said of it. */
export function starterManifest(graph: GraphInfo, spec?: ModelSpec): string {
  if (spec) return known(spec);
  const image = imageInput(graph);
  if (!image) return "";
  const size = [image.width ?? 640, image.height ?? 640];
  return [
    "# What Weir cannot tell from the file. Every line may be left out or changed.",
    "adapter: tensor            # hands the outputs on as bare numbers; name another where the outputs fit it",
    `outputs: [${graph.outputs.map(({ name }) => quoted(name)).join(", ")}]`,
    "input:",
    ...(image.width === undefined || image.height === undefined ? [`  size: [${size.join(", ")}]`] : []),
    `  colour: ${image.channels === 1 ? "gray" : "rgb"}              # rgb, bgr or gray`,
    "  fit: stretch             # letterbox, letterbox-top-left, stretch or crop",
    "  scale: 0.00392156862745098  # a pixel is multiplied by this (here 1/255), then mean is taken off, then std divides",
    "  mean: 0",
    "  std: 1",
    "# labels: [cat, dog]       # or a text file beside this one, or coco, imagenet",
    "# minScore: 0.3",
    "# iou: 0.5",
    "# maxDetections: 300",
  ].join("\n");
}

function known(spec: ModelSpec): string {
  const { name, adapter, input, outputs, state, labels, minScore, iou, maxDetections, licence } = spec;
  return [
    "# What Weir makes of the file by itself. Keep the lines to change, leave out the rest.",
    `name: ${quoted(name)}`,
    ...(licence ? [`licence: ${quoted(licence)}`] : []),
    `adapter: ${adapter}`,
    ...(input.layout === "vector" ? [] : pictureInput(input)),
    labels.length > 0 ? `labels: ${labelsText(labels)}` : "# labels: [cat, dog]",
    `minScore: ${minScore}`,
    `iou: ${iou}`,
    `maxDetections: ${maxDetections}`,
    `outputs: [${outputs.map(quoted).join(", ")}]`,
    ...(state ? carriedState(state) : []),
  ].join("\n");
}

function labelsText(labels: readonly string[]): string {
  const known = Object.entries(KNOWN_LABELS).find(([, list]) => isDeepStrictEqual(list, labels));
  return known ? known[0] : `[${labels.map(quoted).join(", ")}]`;
}

function carriedState({ carried, elapsed }: StateSpec): string[] {
  return [
    "state:                     # inputs that get what an output answered to the frame before",
    ...carried.map(({ input, output }) => `  ${quoted(input)}: ${quoted(output)}`),
    ...(elapsed ? [`elapsed: ${quoted(elapsed.input)}`] : []),
  ];
}

/** JSON's way to quote is YAML's, too. */
function quoted(text: string): string {
  return /^[A-Za-z_][\w-]*$/.test(text) ? text : JSON.stringify(text);
}

function pictureInput(input: InputSpec): string[] {
  return [
    "input:",
    `  size: [${input.width}, ${input.height}]`,
    `  colour: ${input.colour}`,
    `  fit: ${input.fit}`,
    ...(input.resize === undefined ? [] : [`  resize: ${input.resize}`]),
    `  pad: ${input.pad}`,
    `  scale: ${input.scale}`,
    `  mean: [${input.mean.join(", ")}]`,
    `  std: [${input.std.join(", ")}]`,
  ];
}

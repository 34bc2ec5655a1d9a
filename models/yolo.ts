import type { ModelSpec } from "../src/core/model.ts";
import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { type Details, detectionsOf, notFinite } from "./detections.ts";
import { imageInput, inputSpec, UNIT } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { maskReader } from "./masks.ts";
import { ModelError } from "./model_error.ts";
import { expectDims, type Item, itemOf } from "./tensors.ts";
import { ultralyticsOf } from "./ultralytics.ts";
import { layoutOf, prototypesOf, type YoloOptions } from "./yolo_layout.ts";

/** YOLOs as Ultralytics and its forerunners export them. */
export const yolo: Adapter = {
  name: "yolo",
  task: "detect",
  describe: "Ultralytics YOLOv8, 11, 12 [b,4+classes,boxes], YOLOv5, v6 and v7 [b,boxes,5+classes], " +
    "v10, 26 and exports with NMS [b,boxes,6]; segment models with their masks as outlines (options.masks), pose " +
    "models with their skeletons (options.keypoints)",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image) return undefined;
    const ultralytics = ultralyticsOf(graph);
    if (ultralytics?.transformer || ultralytics?.task === "classify") return undefined;
    if (ultralytics?.task === "obb") {
      throw new ModelError(
        "unsupported",
        "it is an Ultralytics model for oriented boxes (task obb), which Weir cannot read",
      );
    }
    const output = graph.outputs.find(({ kind, dims }) => kind === "tensor" && dims?.length === 3);
    if (!output) return undefined;
    const fallback = ultralytics?.size ?? { width: 640, height: 640 };
    const input = inputSpec(image, {
      hints,
      fallback,
      preparation: { colour: "rgb", fit: "letterbox", ...UNIT },
    });
    const found = layoutOf(graph, output, { input, hints, ultralytics });
    if (!found) return undefined;
    const { options, why } = found;
    const { labels, why: whyLabels } = labelsFor(graph, { count: options.classes, hints });
    const prefix = ultralytics ? [ultralytics.what] : [];
    const open = image.width === undefined || image.height === undefined;
    const size = open ? [`its input size is open: ${input.width}×${input.height} is taken`] : [];
    return {
      why: [...prefix, why, whyLabels, ...size, "pictures go in as RGB 0–1, letterboxed in the middle on grey 114"],
      input,
      labels,
      outputs: options.masks ? [output.name, prototypesOf(graph)!.name] : [output.name],
      minScore: 0.25,
      iou: options.layout === "end2end" ? 1 : ultralytics?.task ? 0.7 : 0.45,
      maxDetections: 300,
      options: { ...options },
    };
  },

  read(outputs, index, spec, placement) {
    const { layout, classes, extras, keypoints, masks } = spec.options as unknown as YoloOptions;
    const name = spec.outputs[0];
    const item = itemOf(outputs, name, index);
    const width = (layout === "v8" ? 4 + classes : layout === "v5" ? 5 + classes : 6) + extras;
    expectDims(item, name, layout === "v8" ? [width, -1] : [-1, width]);
    const first = width - extras;
    const boxes = item.dims[1];
    // Where what comes after the classes is, for each box.
    const after: After = layout === "v8"
      ? { start: item.offset + first * boxes, boxStep: 1, step: boxes }
      : { start: item.offset + first, boxStep: width, step: 1 };
    const read = { v8: readRows, v5: readBoxes, end2end: readChosen }[layout];
    const details: Details = {};
    if (keypoints) details.keypoints = keypointReader(item, keypoints, after);
    if (masks) {
      const prototypes = itemOf(outputs, spec.outputs[1], index);
      expectDims(prototypes, spec.outputs[1], [extras, -1, -1]);
      const { input } = spec;
      details.mask = maskReader({ prototypes, data: item.data, ...after, input, within: placement.target });
    }
    return { detections: detectionsOf(read(item, spec, classes), spec, placement, details) };
  },
};

/** Where numbers of a box are: number `k` of box `i` is at `start + i × boxStep + k × step`. */
interface After {
  start: number;
  boxStep: number;
  step: number;
}

function readRows({ data, offset, dims }: Item, { minScore }: ModelSpec, classes: number): Candidates {
  const boxes = dims[1];
  const best = new Float32Array(boxes).fill(-1);
  const winners = new Int32Array(boxes).fill(-1);
  let hits = 0;
  for (let classId = 0; classId < classes; classId++) {
    const row = offset + (4 + classId) * boxes;
    for (let box = 0; box < boxes; box++) {
      const score = data[row + box];
      // Written so that NaN falls through, too.
      if (score < minScore) continue;
      if (score > best[box]) {
        best[box] = score;
        winners[box] = classId;
        hits++;
      } else if (score !== score) throw notFinite();
    }
  }
  const candidates = new Candidates();
  if (hits === 0) return candidates;
  for (let box = 0; box < boxes; box++) {
    if (winners[box] < 0) continue;
    const at = offset + box;
    const halfWidth = data[at + 2 * boxes] / 2;
    const halfHeight = data[at + 3 * boxes] / 2;
    const x = data[at];
    const y = data[at + boxes];
    candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, best[box], winners[box], box);
  }
  return candidates;
}

function readBoxes({ data, offset, dims }: Item, { minScore }: ModelSpec, classes: number): Candidates {
  const [boxes, width] = dims;
  const candidates = new Candidates();
  for (let box = 0; box < boxes; box++) {
    const at = offset + box * width;
    const objectness = data[at + 4];
    if (objectness < minScore) continue;
    let best = -1;
    let classId = 0;
    for (let i = 0; i < classes; i++) {
      const score = data[at + 5 + i];
      if (score > best) {
        best = score;
        classId = i;
      } else if (score !== score) throw notFinite();
    }
    const score = objectness * best;
    if (score < minScore) continue;
    const halfWidth = data[at + 2] / 2;
    const halfHeight = data[at + 3] / 2;
    const x = data[at];
    const y = data[at + 1];
    candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, box);
  }
  return candidates;
}

function readChosen({ data, offset, dims }: Item, { minScore }: ModelSpec): Candidates {
  const [boxes, width] = dims;
  const candidates = new Candidates();
  for (let box = 0; box < boxes; box++) {
    const at = offset + box * width;
    const score = data[at + 4];
    if (score < minScore) continue;
    const classId = data[at + 5];
    if (!(classId >= 0)) throw notFinite();
    candidates.push(data[at], data[at + 1], data[at + 2], data[at + 3], score, Math.round(classId), box);
  }
  return candidates;
}

function keypointReader(
  { data }: Item,
  [points, numbers]: [number, number],
  { start, boxStep, step }: After,
): (box: number) => number[][] {
  return (box) =>
    Array.from(
      { length: points },
      (_, point) =>
        Array.from({ length: Math.min(numbers, 3) }, (_, k) =>
          data[start + box * boxStep + (point * numbers + k) * step]),
    );
}

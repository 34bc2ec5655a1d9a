import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { cellCount, imageInput, inputSpec, RAW } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { ModelError } from "./model_error.ts";
import { expectDims, type Item, itemOf } from "./tensors.ts";

const STRIDES = [8, 16, 32];
const KINDS = ["cls", "obj", "bbox", "kps"];
const POINTS = 5;

/** YuNet. */
export const yunet: Adapter = {
  name: "yunet",
  task: "detect",
  describe: "YuNet, outputs cls_N, obj_N, bbox_N and kps_N for strides 8, 16 and 32; faces with five landmarks " +
    "(right eye, left eye, nose, right and left corner of the mouth)",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    const names = STRIDES.flatMap((stride) => KINDS.map((kind) => `${kind}_${stride}`));
    if (!image || !names.every((name) => graph.outputs.some((port) => port.name === name))) return undefined;
    const input = inputSpec(image, {
      hints,
      fallback: { width: 640, height: 640 },
      preparation: { colour: "bgr", fit: "letterbox-top-left", pad: 0, ...RAW },
    });
    if (input.width % 32 !== 0 || input.height % 32 !== 0) {
      throw new ModelError(
        "manifest",
        `an input of ${input.width}×${input.height} does not fit YuNet: it wants multiples of 32`,
      );
    }
    const open = image.width === undefined || image.height === undefined;
    return {
      why: [
        "its outputs are cls, obj, bbox and kps for strides 8, 16 and 32: YuNet",
        ...(open ? [`its input size is open: ${input.width}×${input.height} is taken`] : []),
        "pictures go in as BGR 0–255, letterboxed to the top left on black",
      ],
      input,
      labels: labelsFor(graph, { count: 1, hints: { labels: ["face"], ...hints } }).labels,
      outputs: names,
      minScore: 0.6,
      iou: 0.3,
      maxDetections: 200,
    };
  },

  read(outputs, index, spec, placement) {
    const { input, minScore } = spec;
    const candidates = new Candidates();
    const landmarks: number[][][] = [];
    STRIDES.forEach((stride, level) => {
      const cells = cellCount(input, [stride]);
      const across = Math.ceil(input.width / stride);
      const [cls, obj, bbox, kps] = [1, 1, 4, POINTS * 2].map((width, kind): Item => {
        const name = spec.outputs[level * KINDS.length + kind];
        const item = itemOf(outputs, name, index);
        expectDims(item, name, [cells, width]);
        return item;
      });
      for (let cell = 0; cell < cells; cell++) {
        const score = Math.sqrt(unit(cls.data[cls.offset + cell]) * unit(obj.data[obj.offset + cell]));
        if (score < minScore) continue;
        const column = cell % across;
        const row = Math.floor(cell / across);
        const at = bbox.offset + cell * 4;
        const x = (column + bbox.data[at]) * stride;
        const y = (row + bbox.data[at + 1]) * stride;
        const halfWidth = (Math.exp(bbox.data[at + 2]) * stride) / 2;
        const halfHeight = (Math.exp(bbox.data[at + 3]) * stride) / 2;
        const first = kps.offset + cell * POINTS * 2;
        landmarks.push(Array.from({ length: POINTS }, (_, point) => [
          (column + kps.data[first + point * 2]) * stride,
          (row + kps.data[first + point * 2 + 1]) * stride,
        ]));
        candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, 0, landmarks.length - 1);
      }
    });
    return { detections: detectionsOf(candidates, spec, placement, { keypoints: (row) => landmarks[row] }) };
  },
};

function unit(value: number): number {
  if (!Number.isFinite(value)) throw notFinite();
  return Math.min(Math.max(value, 0), 1);
}

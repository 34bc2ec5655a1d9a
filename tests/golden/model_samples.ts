import { buildModel, type NodeSpec, type PortSpec } from "../../scripts/bench/onnx_builder.ts";
import { ultralyticsMetadata } from "../../scripts/bench/sample_models.ts";
import type { InputSpec } from "../../src/core/model.ts";
import type { Hints } from "../../models/adapter.ts";
import { COCO_80 } from "../../models/coco_labels.ts";
import type { GraphInfo } from "../../models/graph_info.ts";
import { parseGraphInfo } from "../../models/onnx_metadata.ts";
import { bytesOf } from "../../models/protobuf_reader.ts";

type Dims = (number | string)[];

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
const yunetOutputs = (cells: (stride: number) => number | string, batch: number | string): Record<string, Dims> =>
  Object.fromEntries(
    [8, 16, 32].flatMap((stride) =>
      Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([kind, width]) => [
        `${kind}_${stride}`,
        [batch, cells(stride), width],
      ])
    ),
  );
const split: NodeSpec[] = [
  { op: "Split", inputs: ["images"], outputs: ["r", "g", "b"] },
  { op: "Concat", inputs: ["b", "g", "r"], outputs: ["turned"] },
];

/** What people export, family by family. */
export const SAMPLES: readonly Sample[] = [
  {
    what: "YOLOv8 with Ultralytics' metadata",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 7, 8400] },
    metadata: ultralytics(640, 3),
    expect: {
      input: { width: 640, colour: "rgb", fit: "letterbox", pad: 114, scale: 1 / 255, maxBatch: 1 },
      options: { layout: "v8", classes: 3, extras: 0 },
      labels: 3,
      why: /metadata is Ultralytics'/,
    },
  },
  {
    what: "YOLO11 with open dimensions, whose size is in the metadata",
    adapter: "yolo",
    input: ["batch", 3, "height", "width"],
    outputs: { output0: ["batch", "Concatoutput0_dim_1", "anchors"] },
    metadata: { ...ultralytics(0, 80), imgsz: "[384, 640]" },
    expect: { input: { width: 640, height: 384, maxBatch: 32 }, options: { layout: "v8", classes: 80, extras: 0 } },
  },
  {
    what: "a YOLOv8 without metadata",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 84, 8400] },
    expect: { options: { layout: "v8", classes: 80, extras: 0 }, labels: 80, why: /assumed to be COCO's/ },
  },
  {
    what: "a YOLOv8 in half precision",
    adapter: "yolo",
    input: picture(320),
    type: "float16",
    outputs: { output0: [1, 84, 2100] },
    expect: { input: { type: "float16" } },
  },
  {
    what: "a YOLO that takes bytes and scales them itself",
    adapter: "yolo",
    input: picture(320),
    type: "uint8",
    outputs: { output0: [1, 84, 2100] },
    expect: { input: { type: "uint8", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } },
  },
  {
    what: "a segmenting YOLO",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 39, 8400], output1: [1, 32, 160, 160] },
    metadata: ultralytics(640, 3, { task: "segment" }),
    expect: {
      options: { layout: "v8", classes: 3, extras: 32, masks: true },
      outputs: ["output0", "output1"],
      why: /32 for masks out of output1 .*, which come out as outlines/,
    },
  },
  {
    what: "a segmenting YOLO, whose masks are left aside",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 39, 8400], output1: [1, 32, 160, 160] },
    metadata: ultralytics(640, 3, { task: "segment" }),
    hints: { options: { masks: false } },
    expect: { options: { extras: 32, masks: false }, outputs: ["output0"], why: /32 for masks, which are left aside/ },
  },
  {
    what: "a segmenting YOLO without metadata",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 116, 8400], output1: [1, 32, 160, 160] },
    expect: { options: { layout: "v8", classes: 80, extras: 32, masks: true }, labels: 80 },
  },
  {
    what: "YOLO26 for masks, end to end",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 300, 38], output1: [1, 32, 160, 160] },
    metadata: ultralytics(640, 3, { task: "segment" }),
    expect: { options: { layout: "end2end", classes: 3, extras: 32, masks: true }, outputs: ["output0", "output1"] },
  },
  {
    what: "a YOLOv5 for masks",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 25200, 117], output1: [1, 32, 160, 160] },
    metadata: { stride: "32", names: `{${COCO_80.map((name, i) => `${i}: '${name}'`).join(", ")}}` },
    expect: { options: { layout: "v5", classes: 80, extras: 32, masks: true }, labels: 80 },
  },
  {
    what: "a YOLO for poses",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 56, 8400] },
    metadata: ultralytics(640, 1, { task: "pose", kpt_shape: "[17, 3]" }),
    expect: { options: { layout: "v8", classes: 1, extras: 51, keypoints: [17, 3] }, why: /skeleton of 17 points/ },
  },
  {
    what: "YOLO26 for poses, end to end",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 300, 57] },
    metadata: ultralytics(640, 1, { task: "pose", kpt_shape: "[17, 3]" }),
    expect: { options: { layout: "end2end", classes: 1, extras: 51, keypoints: [17, 3] }, why: /skeleton of 17/ },
  },
  {
    what: "a YOLO for poses without metadata, whose manifest says so",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 56, 8400] },
    hints: { options: { keypoints: [17, 3] } },
    expect: { options: { layout: "v8", classes: 1, extras: 51, keypoints: [17, 3] } },
  },
  {
    what: "YOLOv10 or 26, end to end",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 300, 6] },
    metadata: ultralytics(640, 3),
    expect: { options: { layout: "end2end", classes: 3, extras: 0 }, labels: 3 },
  },
  {
    what: "a YOLO with NMS inside and open dimensions",
    adapter: "yolo",
    input: ["batch", 3, "height", "width"],
    outputs: { output0: ["batch", "boxes", "numbers"] },
    metadata: ultralytics(640, 3, { args: "{'batch': 1, 'nms': True}" }),
    expect: { options: { layout: "end2end", classes: 3, extras: 0 } },
  },
  {
    what: "YOLOv5 by its own exporter",
    adapter: "yolo",
    input: picture(640),
    outputs: { output0: [1, 25200, 85] },
    metadata: { stride: "32", names: `{${COCO_80.map((name, i) => `${i}: '${name}'`).join(", ")}}` },
    expect: { options: { layout: "v5", classes: 80, extras: 0 }, labels: 80, why: /three boxes for each cell/ },
  },
  {
    what: "a YOLOv7 without metadata",
    adapter: "yolo",
    input: picture(320),
    outputs: { output: [1, 6300, 7] },
    expect: { options: { layout: "v5", classes: 2, extras: 0 }, labels: 0 },
  },
  {
    what: "YOLOX, raw",
    adapter: "yolox",
    input: picture(416),
    outputs: { output: [1, 3549, 85] },
    last: "Transpose",
    expect: {
      input: { colour: "bgr", scale: 1, fit: "letterbox-top-left", pad: 114 },
      options: { decoded: false },
      labels: 80,
    },
  },
  {
    what: "YOLOX that decodes its boxes",
    adapter: "yolox",
    input: picture(416),
    outputs: { output: [1, 3549, 8] },
    last: "Concat",
    expect: { options: { decoded: true }, labels: 0 },
  },
  {
    what: "NanoDet",
    adapter: "nanodet",
    input: picture(320),
    outputs: {
      cls_pred_stride_8: [1, 1600, 80],
      cls_pred_stride_16: [1, 400, 80],
      cls_pred_stride_32: [1, 100, 80],
      dis_pred_stride_8: [1, 1600, 32],
      dis_pred_stride_16: [1, 400, 32],
      dis_pred_stride_32: [1, 100, 32],
    },
    expect: { input: { colour: "bgr", mean: [103.53, 116.28, 123.675], fit: "letterbox", pad: 0 }, labels: 80 },
  },
  {
    what: "NanoDet-Plus",
    adapter: "nanodet",
    input: picture(416),
    outputs: { output: [1, 3598, 112] },
    expect: { input: { fit: "stretch" }, options: { centre: 0, joined: true, classes: 80 }, labels: 80 },
  },
  {
    what: "FastestDet",
    adapter: "fastestdet",
    input: picture(352),
    outputs: { 758: [1, 85, 22, 22] },
    last: "Concat",
    expect: { input: { colour: "bgr", fit: "stretch" }, labels: 80 },
  },
  {
    what: "RT-DETR or D-FINE",
    adapter: "detr",
    input: ["N", 3, 640, 640],
    extraInputs: [{ name: "orig_target_sizes", type: "int64", dims: ["N", 2] }],
    outputs: { labels: ["N", 300], boxes: ["N", 300, 4], scores: ["N", 300] },
    expect: {
      input: { fit: "stretch", scale: 1 / 255, mean: [0, 0, 0] },
      options: { kind: "chosen", feeds: { orig_target_sizes: { type: "int64", perPicture: [640, 640] } } },
      outputs: ["labels", "boxes", "scores"],
      labels: 80,
    },
  },
  {
    what: "RF-DETR with COCO's numbers",
    adapter: "detr",
    input: picture(560),
    outputs: { dets: [1, 300, 4], labels: [1, 300, 91] },
    expect: { input: { mean: [0.485, 0.456, 0.406] }, options: { classes: 91, activation: "sigmoid" }, labels: 91 },
  },
  {
    what: "RF-DETR with classes of its own, the last of which is none",
    adapter: "detr",
    input: picture(560),
    outputs: { dets: [1, 300, 4], labels: [1, 300, 4] },
    expect: { options: { classes: 3 }, labels: 0 },
  },
  {
    what: "RT-DETR by Hugging Face",
    adapter: "detr",
    input: ["batch", 3, "height", "width"],
    outputs: { logits: ["batch", 300, 80], pred_boxes: ["batch", 300, 4] },
    expect: { options: { activation: "sigmoid", classes: 80 }, input: { mean: [0, 0, 0], width: 640 } },
  },
  {
    what: "DETR by Hugging Face",
    adapter: "detr",
    input: ["batch", 3, "height", "width"],
    outputs: { logits: ["batch", 100, 92], pred_boxes: ["batch", 100, 4] },
    expect: { options: { activation: "softmax", classes: 91 }, input: { mean: [0.485, 0.456, 0.406] }, labels: 91 },
  },
  {
    what: "Ultralytics' RT-DETR",
    adapter: "detr",
    input: picture(640),
    outputs: { output0: ["a", "b", 6] },
    metadata: ultralytics(640, 3, { head: "RTDETRDecoder", description: "Ultralytics rtdetr-l model" }),
    expect: { options: { kind: "joined" }, labels: 3 },
  },
  {
    what: "Ultralytics' older RT-DETR",
    adapter: "detr",
    input: picture(640),
    outputs: { output0: [1, 300, 7] },
    metadata: ultralytics(640, 3, { description: "Ultralytics RT-DETR-l model" }),
    expect: { options: { kind: "scores", classes: 3 } },
  },
  {
    what: "a classifier of ImageNet",
    adapter: "classify",
    input: ["batch", 3, 224, 224],
    outputs: { logits: ["batch", 1000] },
    last: "Gemm",
    expect: {
      input: { fit: "crop", resize: 256, mean: [0.485, 0.456, 0.406], maxBatch: 32 },
      options: { activation: "auto" },
      labels: 0,
      why: /assumed/,
    },
  },
  {
    what: "a classifier of TensorFlow, channels last",
    adapter: "classify",
    input: [1, 224, 224, 3],
    outputs: { "Softmax:0": [1, 1000] },
    last: "Softmax",
    expect: { input: { layout: "nhwc", mean: [127, 127, 127], std: [128, 128, 128] }, options: { activation: "none" } },
  },
  {
    what: "Ultralytics' classifier",
    adapter: "classify",
    input: picture(224),
    outputs: { output0: [1, 3] },
    last: "Softmax",
    metadata: ultralytics(224, 3, { task: "classify" }),
    expect: { input: { fit: "crop", mean: [0, 0, 0], scale: 1 / 255 }, labels: 3 },
  },
  {
    what: "a classifier of bytes",
    adapter: "classify",
    input: picture(224),
    type: "uint8",
    outputs: { probabilities: [1, 10] },
    expect: { input: { type: "uint8", scale: 1, mean: [0, 0, 0] } },
  },
  {
    what: "UltraFace",
    adapter: "ultraface",
    input: [1, 3, 240, 320],
    outputs: { scores: [1, 4420, 2], boxes: [1, 4420, 4] },
    expect: { input: { width: 320, height: 240, mean: [127, 127, 127], colour: "rgb" }, labels: 1 },
  },
  {
    what: "UltraFace in one output, channels last",
    adapter: "ultraface",
    input: [1, 240, 320, 3],
    outputs: { "Identity:0": [1, 4420, 6] },
    expect: { input: { layout: "nhwc", width: 320, height: 240 }, options: { layout: "joined" }, labels: 1 },
  },
  {
    what: "UltraFace that chose its faces",
    adapter: "ultraface",
    input: ["unk__1", 480, 640, 3],
    outputs: { "Identity:0": ["faces", 6] },
    expect: { input: { width: 640, height: 480, maxBatch: 1 }, options: { layout: "chosen" }, why: /chosen itself/ },
  },
  {
    what: "SCRFD as InsightFace exports it, numbers for names and no batch",
    adapter: "scrfd",
    input: [1, 3, "?", "?"],
    outputs: {
      443: [12800, 1],
      468: [3200, 1],
      493: [800, 1],
      446: [12800, 4],
      471: [3200, 4],
      496: [800, 4],
      449: [12800, 10],
      474: [3200, 10],
      499: [800, 10],
    },
    expect: {
      input: { width: 640, height: 640, colour: "rgb", mean: [127.5, 127.5, 127.5], fit: "letterbox-top-left", pad: 0 },
      options: { landmarks: true, batched: false },
      outputs: ["443", "468", "493", "446", "471", "496", "449", "474", "499"],
      labels: 1,
    },
  },
  {
    what: "SCRFD without landmarks, its outputs in the order of strides",
    adapter: "scrfd",
    input: [1, 3, 320, 320],
    outputs: {
      score_32: [1, 200, 1],
      bbox_32: [1, 200, 4],
      score_16: [1, 800, 1],
      bbox_16: [1, 800, 4],
      score_8: [1, 3200, 1],
      bbox_8: [1, 3200, 4],
    },
    expect: {
      input: { width: 320 },
      options: { landmarks: false, batched: true },
      outputs: ["score_8", "score_16", "score_32", "bbox_8", "bbox_16", "bbox_32"],
    },
  },
  {
    what: "TensorFlow's SSD, as the ONNX zoo has it",
    adapter: "ssd",
    input: ["batch", "height", "width", 3],
    type: "uint8",
    outputs: {
      "num_detections:0": ["batch"],
      "detection_boxes:0": ["batch", 100, 4],
      "detection_scores:0": ["batch", 100],
      "detection_classes:0": ["batch", 100],
    },
    expect: {
      input: { layout: "nhwc", type: "uint8", width: 300, height: 300, fit: "stretch", scale: 1, maxBatch: 1 },
      options: { kind: "tensorflow", first: 0 },
      outputs: ["detection_boxes:0", "detection_scores:0", "detection_classes:0", "num_detections:0"],
      labels: 91,
      why: /COCO's own numbers, 1 to 90/,
    },
  },
  {
    what: "TensorFlow's SSD with classes of its own",
    adapter: "ssd",
    input: [1, 320, 320, 3],
    outputs: {
      detection_boxes: [1, 10, 4],
      detection_classes: [1, 10],
      detection_scores: [1, 10],
      num_detections: [1],
    },
    hints: { labels: names(2) },
    expect: {
      input: { scale: 1, mean: [0, 0, 0] },
      options: { first: 1 },
      labels: 2,
      why: /manifest names its classes/,
    },
  },
  {
    what: "SSD-ResNet34",
    adapter: "ssd",
    input: [1, 3, 1200, 1200],
    outputs: { bboxes: [1, "nbox", 4], labels: [1, "nbox"], scores: [1, "nbox"] },
    expect: {
      input: { width: 1200, mean: [0.485, 0.456, 0.406], fit: "stretch" },
      options: { kind: "mlperf", first: 1 },
      outputs: ["bboxes", "labels", "scores"],
      labels: 80,
    },
  },
  {
    what: "YuNet of a fixed size",
    adapter: "yunet",
    input: picture(640),
    outputs: yunetOutputs((stride) => (640 / stride) ** 2, 1),
    expect: { input: { width: 640, height: 640, maxBatch: 1 }, labels: 1 },
  },
  {
    what: "YuNet of open size, with a size asked for",
    adapter: "yunet",
    input: ["batch", 3, "height", "width"],
    outputs: yunetOutputs(() => "dim", "batch"),
    hints: { size: { width: 320, height: 192 } },
    expect: { input: { width: 320, height: 192, colour: "bgr", fit: "letterbox-top-left", pad: 0 }, labels: 1 },
  },
  {
    what: "an embedding that turns its colours round itself",
    adapter: "embed",
    input: [1, 256, 128, 3],
    outputs: { "Identity:0": [1, 256] },
    first: split,
    expect: { input: { layout: "nhwc", colour: "bgr", scale: 1, width: 128, height: 256 }, why: /turns the order/ },
  },
  {
    what: "an embedding whose length is to be kept",
    adapter: "embed",
    input: picture(112),
    outputs: { fc1: [1, 512] },
    hints: { options: { normalise: false } },
    expect: { options: { normalise: false } },
  },
  {
    what: "heads on a feature vector",
    adapter: "head",
    input: ["batch", 52],
    outputs: { Boredom: ["batch", 4], Engagement: ["batch", 4] },
    hints: { labels: names(4) },
    expect: {
      input: { layout: "vector", width: 52, height: 1, maxBatch: 32 },
      options: { activation: "auto" },
      outputs: ["Boredom", "Engagement"],
      labels: 4,
      why: /2 heads, to which softmax is applied/,
    },
  },
  {
    what: "a head that answers probabilities",
    adapter: "head",
    input: [1, 128],
    outputs: { mood: [1, 3] },
    last: "Softmax",
    expect: { input: { maxBatch: 1 }, options: { activation: "none" }, why: /one head, after Softmax/ },
  },
  {
    what: "a network that follows a face's pulse and carries its state along",
    adapter: "wave",
    input: [1, 1, 36, 36, 3],
    outputs: { bvp: ["frames", 1] },
    hints: { stateful: true },
    expect: { input: { layout: "nhwc", width: 36, height: 36, timed: true, maxBatch: 1 }, outputs: ["bvp"] },
  },
  {
    what: "any network of pictures, when bare numbers are asked for",
    adapter: "tensor",
    input: picture(64),
    outputs: { a: [1, 2, 3, 4], b: [1, 7] },
    hints: { forced: true },
    expect: { outputs: ["a", "b"] },
  },
];

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

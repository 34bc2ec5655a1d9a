import { names, type Sample } from "./sample.ts";

/** SSDs, of TensorFlow and of MLPerf. */
export const SSD_SAMPLES: readonly Sample[] = [
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
];

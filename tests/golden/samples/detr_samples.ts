import { picture, type Sample, ultralytics } from "./sample.ts";

/** Detectors with queries: RT-DETR, D-FINE, RF-DETR, DETR. */
export const DETR_SAMPLES: readonly Sample[] = [
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
];

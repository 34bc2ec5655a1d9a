import { picture, type Sample } from "./sample.ts";

/** Detectors that answer for each cell of a grid: YOLOX, NanoDet, FastestDet. */
export const CELL_SAMPLES: readonly Sample[] = [
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
];

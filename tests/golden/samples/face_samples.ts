import { type Dims, picture, type Sample } from "./sample.ts";

const yunetOutputs = (cells: (stride: number) => number | string, batch: number | string): Record<string, Dims> =>
  Object.fromEntries(
    [8, 16, 32].flatMap((stride) =>
      Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([kind, width]) => [
        `${kind}_${stride}`,
        [batch, cells(stride), width],
      ])
    ),
  );

/** Detectors of faces: UltraFace, SCRFD, YuNet. */
export const FACE_SAMPLES: readonly Sample[] = [
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
];

/** The 80 classes of COCO's detection task, in the order that detectors number them. */
// deno-fmt-ignore
export const COCO_80: readonly string[] = [
  "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
  "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
  "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
  "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
  "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich",
  "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
  "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
  "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
];

/** COCO's own numbers that no class of the detection task has: 0 and ten that were dropped. */
const UNUSED = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** The names by COCO's own numbers, 0 to 90, as some transformers number them. */
export const COCO_91: readonly string[] = originalNumbers();

function originalNumbers(): string[] {
  const names = COCO_80.values();
  return Array.from({ length: 91 }, (_, id) => UNUSED.has(id) ? `class ${id}` : names.next().value!);
}

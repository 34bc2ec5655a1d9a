import { CELL_SAMPLES } from "./samples/cell_samples.ts";
import { DETR_SAMPLES } from "./samples/detr_samples.ts";
import { FACE_SAMPLES } from "./samples/face_samples.ts";
import type { Sample } from "./samples/sample.ts";
import { SSD_SAMPLES } from "./samples/ssd_samples.ts";
import { VECTOR_SAMPLES } from "./samples/vector_samples.ts";
import { YOLO_SAMPLES } from "./samples/yolo_samples.ts";

/** What people export, family by family. */
export const SAMPLES: readonly Sample[] = [
  ...YOLO_SAMPLES,
  ...CELL_SAMPLES,
  ...DETR_SAMPLES,
  ...SSD_SAMPLES,
  ...FACE_SAMPLES,
  ...VECTOR_SAMPLES,
];

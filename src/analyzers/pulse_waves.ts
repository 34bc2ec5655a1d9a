import type { AnalyzerFrame } from "../core/analyzer.ts";
import type { Box, CropOutput, ModelOutput } from "../core/results.ts";
import { boxIou } from "../vision/box_iou.ts";

/** Crops of one face overlap it at least so much. */
const LEAST_IOU = 0.25;

/** Whose pulse wave is looked for. */
export interface WaveOwner {
  track?: number;
  box?: Box;
}

/** What a model's step says of somebody's pulse wave in this frame: one number, of his crop or of the whole picture. */
export function waveOf(outputs: AnalyzerFrame["outputs"], step: string, { track, box }: WaveOwner): number | undefined {
  if (!Object.hasOwn(outputs, step)) return undefined;
  const { crops, tensors } = outputs[step] as Partial<ModelOutput>;
  if (!crops) return numberIn(tensors);
  let best: CropOutput | undefined, most = LEAST_IOU;
  for (const crop of crops) {
    if (track !== undefined && crop.track === track) return numberIn(crop.tensors);
    const overlap = box ? boxIou(crop.box, box) : 0;
    if (overlap > most) [best, most] = [crop, overlap];
  }
  return numberIn(best?.tensors);
}

function numberIn(tensors: ModelOutput["tensors"]): number | undefined {
  const data = Object.values(tensors ?? {})[0]?.data;
  return data?.length === 1 && Number.isFinite(data[0]) ? data[0] : undefined;
}

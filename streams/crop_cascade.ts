import type { Picture } from "../src/core/frame.ts";
import type { RunOverrides } from "../src/core/inference.ts";
import type { Box, Detection } from "../src/core/results.ts";
import type { Rect } from "../src/vision/fit.ts";
import type { Cascade, Piece } from "./cascade.ts";
import { type CropRules, CropSelection } from "./crop_selection.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import type { ModelInput } from "./model_input.ts";
import { type Remembering, runMemory } from "./run_memory.ts";

/** Side of the small picture by which two crops are compared. */
const LOOKS = 16;

/** What a step on crops is made of. */
export interface CropCascadeOptions {
  /** The step whose detections are cut out. */
  on: string;
  rules: CropRules;
  input: Pick<ModelInput, "run">;
  overrides: RunOverrides;
  /** The step itself, where its model carries a state from frame to frame. */
  remembering?: Remembering;
}

/** Runs a model on what an earlier step detected, cut out of the picture. */
export class CropCascade implements Cascade {
  readonly most: number;
  readonly numbers = LOOKS * LOOKS;
  #selection: CropSelection;

  constructor(private readonly options: CropCascadeOptions) {
    this.#selection = new CropSelection(options.rules);
    this.most = options.rules.max;
  }

  next({ picture, outputs, info }: FrameInWork): { pieces: Piece[]; skipped: number } {
    const { on, input, overrides } = this.options;
    const detections = (outputs[on]?.detections ?? []) as Detection[];
    const { crops, skipped } = this.#selection.next(detections, picture);
    const { remembering } = this.options;
    const memoryOf = (who: number | string) => remembering ? runMemory(remembering, info, `${who}`) : {};
    const pieces = crops.map(({ of, track, label, region }): Piece => {
      const box: Box = [region.x, region.y, region.width, region.height];
      return {
        crop: { of, ...(track !== undefined && { track }), label, box },
        run: (turn) => input.run(picture, turn, { overrides, region, ...memoryOf(track ?? `#${of}`) }),
        likeness: () => ({ session: String(track ?? ""), numbers: looks(picture, region) }),
      };
    });
    return { pieces, skipped };
  }

  reset(): void {
    this.#selection.reset();
  }
}

/** How a crop looks, small and gray, its mean taken off: however bright it is, it is like itself. */
function looks(picture: Picture, region: Rect): Float32Array {
  const gray = picture.pixels({ format: "gray", region, width: LOOKS, height: LOOKS });
  const mean = gray.reduce((sum, level) => sum + level, 0) / gray.length;
  return Float32Array.from(gray, (level) => level - mean);
}

import type { RunOverrides } from "../src/core/inference.ts";
import type { ModelOutput } from "../src/core/results.ts";
import type { Cascade, Piece } from "./cascade.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import type { VectorInput } from "./vector_input.ts";

/** What a step on feature vectors is made of. */
export interface VectorCascadeOptions {
  /** The step whose vectors are taken. */
  on: string;
  /** The most that one frame of that step has. */
  most: number;
  input: Pick<VectorInput, "run" | "numbers">;
  overrides: RunOverrides;
}

/** Runs a head on each feature vector of an earlier step: of its crops, or of the whole picture. */
export class VectorCascade implements Cascade {
  readonly most: number;
  readonly numbers: number;

  constructor(private readonly options: VectorCascadeOptions) {
    this.most = options.most;
    this.numbers = options.input.numbers;
  }

  next({ outputs }: FrameInWork): { pieces: Piece[]; skipped: number } {
    const { on, input, overrides } = this.options;
    const { crops, embedding: whole, version = "" } = outputs[on] as ModelOutput;
    const piece = (vector: readonly number[], track?: number): Piece => ({
      run: (turn) => input.run(vector, turn, overrides),
      // Vectors of two versions, tried side by side, have nothing to do with each other.
      likeness: () => ({ session: `${version}/${track ?? ""}`, numbers: vector }),
    });
    if (!crops) return { pieces: whole ? [piece(whole)] : [], skipped: 0 };
    const pieces = crops.flatMap(({ of, track, label, box, embedding }): Piece[] => {
      if (!embedding) return [];
      return [{ crop: { of, ...(track !== undefined && { track }), label, box }, ...piece(embedding, track) }];
    });
    return { pieces, skipped: 0 };
  }

  // Every vector is run: there is nothing to forget.
  reset(): void {}
}

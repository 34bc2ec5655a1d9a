import type { InputSpec, ModelSpec, Task } from "../src/core/model.ts";
import type { ModelOutput } from "../src/core/results.ts";
import type { Placement } from "../src/vision/fit.ts";
import type { GraphInfo } from "./graph_info.ts";
import type { Tensor } from "./tensors.ts";

/** What is known of a model besides its file. */
export interface Hints {
  /** A manifest names the adapter: where shapes leave doubt, it is right. */
  forced?: boolean;
  /** The input's size, where the graph leaves it open. */
  size?: { width: number; height: number };
  labels?: readonly string[];
  /** It carries a state from frame to frame; what that takes and gives is not in the graph that is shown. */
  stateful?: boolean;
  options?: Record<string, unknown>;
}

/** What an adapter makes of a model's file. */
export interface Recognition {
  /** What it went by, sentence by sentence, assumptions included. */
  why: string[];
  input: InputSpec;
  labels: string[];
  outputs: string[];
  minScore: number;
  iou: number;
  maxDetections: number;
  /** What `read` needs besides, and what further inputs are fed with. */
  options?: Record<string, unknown>;
}

/** Knows one family of models: how to tell it, how to feed it, how to read it. */
export interface Adapter {
  name: string;
  task: Task;
  /** One line for people: which models, and what their outputs look like. */
  describe: string;
  /** What the file is to this adapter, or undefined; throws when it is surely its own but contradicts itself. */
  recognise(graph: GraphInfo, hints?: Hints): Recognition | undefined;
  /** Reads picture `index` of a batch; throws when the outputs cannot be true. */
  read(
    outputs: Record<string, Tensor>,
    index: number,
    spec: ModelSpec,
    placement: Placement,
  ): Omit<ModelOutput, "model">;
}

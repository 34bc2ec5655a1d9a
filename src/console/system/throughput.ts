import type { ModelView } from "../../core/services.ts";
import type { MeasuredAnswer } from "./system_answer.ts";

/** The models as they stood at a moment, on the page's clock. */
export interface ModelsReading {
  atMs: number;
  models: readonly ModelView[];
}

/** How much of what it could do a model does. */
export interface ModelThroughput {
  name: string;
  /** Frames a second between the last two readings; undefined until there are two of the same copies. */
  fps?: number;
  /** Frames a second if its copies ran without a pause at the mean time of their latest runs. */
  ceilingFps?: number;
  /** What `weir bench` found for its very file. */
  measured?: MeasuredAnswer;
}

/** What every loaded model does, and could do. */
export function modelThroughput(
  now: ModelsReading,
  before: ModelsReading | undefined,
  measured: readonly MeasuredAnswer[] = [],
): ModelThroughput[] {
  const earlier = new Map(before?.models.map((model) => [model.name, model]));
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  return now.models.filter(({ replicas }) => replicas !== undefined).map((model) => {
    const { name, frames = 0, replicas = {}, meanBatch = 1, inferMs } = model;
    const fresh = frames - (earlier.get(name)?.frames ?? NaN);
    const copies = replicas.running ?? 0;
    const found = measured.find(({ sha256 }) => sha256 === model.sha256);
    return {
      name,
      // Copies that were replaced count from nothing.
      ...(seconds > 0 && fresh >= 0 && { fps: fresh / seconds }),
      ...(inferMs && inferMs.count > 0 && inferMs.mean > 0 && copies > 0 &&
        { ceilingFps: copies * Math.max(1, meanBatch) * 1000 / inferMs.mean }),
      ...(found && { measured: found }),
    };
  });
}

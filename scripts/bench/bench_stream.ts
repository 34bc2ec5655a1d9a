import type { PipelineStep, StreamRegistration } from "../../src/core/stream.ts";
import { parseSourceConfig, type SourceConfig } from "../../streams/sources/registry.ts";

/** A stream as the benchmark registers it: every frame (`block`), or the newest one (`latest`). */
export function benchStream(
  id: string,
  source: SourceConfig,
  { pipeline, mode }: { pipeline: PipelineStep[]; mode: "block" | "latest" },
): StreamRegistration {
  return {
    id,
    source: parseSourceConfig(source),
    pipeline,
    policy: { mode, weight: 1, capacity: 1 },
    labels: {},
  };
}

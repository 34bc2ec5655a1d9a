import type { FrameInfo } from "../src/core/frame.ts";
import type { RunMemory } from "../src/core/inference.ts";

/** A step's model as far as it is about memory. */
export interface Remembering {
  name: string;
  spec: { state?: unknown };
}

/** Whose state a run goes on with, where its model carries one: that of the stream in this step, or of something in it. */
export function runMemory({ name, spec }: Remembering, info: FrameInfo, of = ""): { memory?: RunMemory } {
  if (!spec.state) return {};
  const { stream, epoch, ptsUs } = info;
  return { memory: { stream, of: `${name}/${of}`, epoch, ptsUs } };
}

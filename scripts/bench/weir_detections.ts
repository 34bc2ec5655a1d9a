import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import type { Detection } from "../../src/core/results.ts";

/** A clip whose first frames are looked at. */
export interface WeirDetectionsOptions {
  clip: string;
  model: string;
  frames: number;
}

/** What the product sees in each of a clip's first frames. */
export async function weirDetections({ clip, model, frames }: WeirDetectionsOptions): Promise<Detection[][]> {
  await using weir = await Weir.start({ deterministic: true });
  const seen: Detection[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  weir.results$.subscribe(({ outputs }) => {
    seen.push((outputs.detect as { detections?: Detection[] }).detections ?? []);
    if (seen.length === frames) resolve();
  });
  await weir.add(benchStream("clip", { kind: "file", path: clip }, { pipeline: [{ model }], mode: "block" }));
  await Promise.race([promise, weir.done("clip")]);
  return seen.slice(0, frames);
}

import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import { counterRegion, readCounter } from "../vision/counter_code.ts";

/** Options of the {@link Counter}: there are none. */
export const counterSchema = z.strictObject({});

/** Reads the counter that is burned into the frames of the scene `counter`; answers `{ value }`, or nothing. */
export class Counter implements Analyzer {
  push({ picture, width, height }: AnalyzerFrame): { value: number } | undefined {
    if (!picture) return undefined;
    const gray = picture.pixels({ format: "gray", region: counterRegion(width, height) });
    const value = readCounter(gray, width, height);
    return value === undefined ? undefined : { value };
  }

  // Every frame speaks for itself: there is nothing to forget.
  reset(): void {}
}

/** The counter as the registry of analyzers lists it. */
export const counter = {
  kind: "counter",
  describe: "reads the number burned into the frames of scene:counter",
  schema: counterSchema,
  create: () => new Counter(),
};

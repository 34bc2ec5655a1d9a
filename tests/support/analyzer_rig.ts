import { analyzerNamed } from "../../src/analyzers/registry.ts";
import type { RaisedAlert } from "../../src/core/analyzer.ts";
import type { Picture } from "../../src/core/frame.ts";
import type { Box, Detection, ModelOutput } from "../../src/core/results.ts";

/** A thing whose anchor, the middle of its lower edge, is at `at`. */
export interface Thing {
  at: [x: number, y: number];
  track?: number;
  label?: string;
  score?: number;
}

/** An analyzer that is shown frames of 1000×500 pixels, at times that are told in seconds. */
export class AnalyzerRig {
  readonly analyzer;
  readonly alerts: RaisedAlert[] = [];
  held = 0;
  #seq = 0;

  constructor(kind: string, options: Record<string, unknown> = {}) {
    this.analyzer = analyzerNamed(kind, options);
  }

  /** Shows a frame with these outputs before it. */
  // deno-lint-ignore no-explicit-any
  push(timeS: number, outputs: Record<string, any>, picture?: Picture): any {
    return this.analyzer.push({
      info: { stream: "test", epoch: 1, seq: ++this.#seq, ptsUs: Math.round(timeS * 1e6), arrivedAtMs: 0 },
      width: picture?.width ?? 1000,
      height: picture?.height ?? 500,
      outputs,
      picture,
      hold: () => this.held++,
      alert: (raised) => this.alerts.push(raised),
    });
  }

  /** Shows a frame with these things in it. */
  // deno-lint-ignore no-explicit-any
  show(timeS: number, ...things: Thing[]): any {
    return this.push(timeS, { detect: { model: "m", detections: things.map(detectionOf) } satisfies ModelOutput });
  }
}

function detectionOf({ at: [x, y], label = "person", score = 0.9, track }: Thing): Detection {
  const box: Box = [x - 10, y - 40, 20, 40];
  return { box, label, classId: 0, score, ...(track !== undefined && { track }) };
}

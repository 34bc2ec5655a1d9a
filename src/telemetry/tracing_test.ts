import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import { Tracing } from "./tracing.ts";

const RESULT: ResultEnvelope = {
  v: 1,
  type: "result",
  stream: "gate",
  epoch: 1,
  seq: 1,
  pts: 0,
  ageMs: 48,
  frame: { width: 1, height: 1 },
  outputs: {},
};

/** How often a share of so many results is looked at more closely. */
function taken(options: { rate?: number; exported: boolean }, draws: number[]): number {
  let clockReads = 0;
  const random = () => draws.shift() ?? assert.fail("drew too often");
  const tracing = new Tracing({ version: "1", random, now: () => ++clockReads, ...options });
  for (let count = draws.length; count > 0; count--) tracing.traceResult(RESULT);
  return clockReads;
}

Deno.test("as many results are traced as the rate says, by default one in a hundred, and none that nobody exports", () => {
  assert.equal(taken({ rate: 0.5, exported: true }, [0, 0.49, 0.5, 0.99]), 2);
  assert.equal(taken({ rate: 1, exported: true }, [0, 0.5, 0.999999]), 3);
  assert.equal(taken({ exported: true }, [0.009, 0.011]), 1);
  assert.equal(taken({ rate: 0, exported: true }, [0, 0]), 0);
  assert.equal(taken({ rate: 1, exported: false }, [0, 0]), 0);
});

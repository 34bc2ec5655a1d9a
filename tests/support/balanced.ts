import assert from "node:assert/strict";
import type { StreamStatus } from "../../src/core/stream.ts";

/** Every frame that was received has an end with a name, or is still under way. */
export function balanced({ frames }: StreamStatus): void {
  assert.equal(frames.unaccounted, 0, JSON.stringify(frames));
  const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(frames.received, frames.completed + dropped + frames.inFlight, JSON.stringify(frames));
}

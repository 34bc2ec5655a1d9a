import { nowMs } from "../core/clock.ts";
import { RecentValues } from "../core/distribution.ts";
import { Ledger } from "../core/ledger.ts";
import type { StreamStatus } from "../core/stream.ts";

/** How a stream stands that is registered and cannot run. */
export function notRunning(id: string, fault: { message: string; atMs: number }): StreamStatus {
  const none = new RecentValues().read();
  return {
    id,
    atMs: nowMs(),
    state: "failed",
    cause: { code: "registration", message: fault.message },
    sinceMs: fault.atMs,
    epoch: 0,
    restarts: 0,
    frames: new Ledger().read(),
    fpsIn: 0,
    fpsOut: 0,
    age: none,
    timings: { decodeMs: none, queueMs: none, prepareMs: none, inferMs: none, postMs: none },
    memoryBoundBytes: 0,
  };
}

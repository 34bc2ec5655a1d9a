import assert from "node:assert/strict";
import { LiveEdge } from "./live_edge.ts";

const FRAME_MS = 40;

/** A camera of 25 frames a second; answers how late each frame is said to be when it is read at these moments. */
function lateness(readAtMs: (n: number) => number, frames: number, timeMs = (n: number) => n * FRAME_MS): number[] {
  let now = 0;
  const edge = new LiveEdge(() => now);
  return Array.from({ length: frames }, (_, n) => {
    now = 1000 + readAtMs(n);
    const late = now - edge.arrival(timeMs(n) * 1000);
    assert.ok(late >= 0, "nothing comes before it is read");
    return late;
  });
}

/** What a network may bring frames apart, and is no lateness of ours. */
const UNEVEN_MS = 200;

Deno.test("frames that are read as they come are not late, however unevenly they come", () => {
  assert.equal(Math.max(...lateness((n) => n * FRAME_MS + (n * 37) % 190, 1000)), 0);
});

Deno.test("of frames that are read too slowly each is later than the one before", () => {
  // One more millisecond each than there is: 2.5 %.
  const late = lateness((n) => n * (FRAME_MS + 1), 1000);
  assert.deepEqual(late, Array.from({ length: 1000 }, (_, n) => Math.max(0, n - UNEVEN_MS)));
});

Deno.test("once the backlog is read nothing is late any more", () => {
  const readAtMs = (n: number) => n < 100 ? n * 80 : Math.max(8000 + (n - 100), n * FRAME_MS);
  const late = lateness(readAtMs, 400);
  assert.deepEqual([late[99], late[399]], [99 * 40 - UNEVEN_MS, 0]);
});

Deno.test("a burst after a pause is not late, and a camera that pauses its clock only for a while", () => {
  assert.deepEqual(lateness((n) => n < 50 ? n * FRAME_MS : Math.max(n * FRAME_MS, 5000), 200).at(-1), 0);
  const paused = lateness((n) => n * FRAME_MS + (n < 50 ? 0 : 3000), 400);
  assert.equal(paused[50], 3000 - UNEVEN_MS);
  assert.equal(paused[399], 0);
});

Deno.test("segments that come at once are not late, nor is a camera that had to be waited for", () => {
  let now = 0;
  const edge = new LiveEdge(() => now);
  const late: number[] = [];
  // Four seconds of video every four seconds, all of it read at once.
  for (let n = 0; n < 1000; n++) {
    const waitedMs = n % 100 === 0 ? 4000 : 1;
    now += waitedMs;
    late.push(now - edge.arrival(n * FRAME_MS * 1000, waitedMs));
  }
  assert.equal(Math.max(...late), 0);
});

Deno.test("lateness that comes and goes is not forgotten, though it never goes quite", () => {
  // As when a backlog is read too slowly, passed over by half, and read too slowly again.
  const late = lateness((n) => n * FRAME_MS + (n === 0 ? 0 : 300 + (n % 25) * 20), 2000);
  assert.deepEqual(late.slice(-25), Array.from({ length: 25 }, (_, n) => 100 + ((n + 2000) % 25) * 20));
});

Deno.test("a jump of the camera's clock begins anew", () => {
  const jumped = (by: number) => lateness((n) => n * FRAME_MS, 100, (n) => n * FRAME_MS + (n < 50 ? 0 : by));
  assert.equal(Math.max(...jumped(50_000)), 0);
  assert.equal(Math.max(...jumped(-50_000)), 0);
});

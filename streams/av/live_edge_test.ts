import assert from "node:assert/strict";
import { LiveEdge } from "./live_edge.ts";

const FRAME_MS = 40;
/** What a network may bring frames apart, and is no lateness of ours. */
const UNEVEN_MS = 200;

interface Camera {
  frames: number;
  /** When a frame is read, and its own time; default as it comes. */
  readAtMs(n: number): number;
  timeMs?(n: number): number;
  /** Share of the time that the thread is at work. */
  busy?: number;
}

/** How late each frame of a camera of 25 frames a second is said to be. */
function lateness({ frames, readAtMs, timeMs = (n) => n * FRAME_MS, busy = 1 }: Camera): number[] {
  let now = 1000;
  const edge = new LiveEdge(() => now);
  return Array.from({ length: frames }, (_, n) => {
    const before = now;
    now = 1000 + readAtMs(n);
    // The reading itself takes a millisecond where the thread has its hands full.
    const waitedMs = busy === 1 ? Math.min(1, now - before) : now - before;
    const late = now - edge.arrival(timeMs(n) * 1000, { waitedMs, workedMs: now * busy });
    assert.ok(late >= 0, "nothing comes before it is read");
    return late;
  });
}

Deno.test("frames that are read as they come are not late, however unevenly they come", () => {
  for (const busy of [0.1, 1]) {
    assert.equal(Math.max(...lateness({ frames: 1000, readAtMs: (n) => n * FRAME_MS + (n * 37) % 190, busy })), 0);
  }
});

Deno.test("of frames that are read too slowly each is later than the one before", () => {
  // One more millisecond each than there is: 2.5 %.
  const late = lateness({ frames: 1000, readAtMs: (n) => n * (FRAME_MS + 1) });
  assert.deepEqual(late, Array.from({ length: 1000 }, (_, n) => Math.max(0, n - UNEVEN_MS)));
});

Deno.test("lateness that comes and goes is not forgotten, though it never goes quite", () => {
  // As when a backlog is read too slowly, passed over by half, and read too slowly again.
  const readAtMs = (n: number) => n * FRAME_MS + (n === 0 ? 0 : 300 + (n % 25) * 20);
  const late = lateness({ frames: 2000, readAtMs });
  assert.deepEqual(late.slice(-25), Array.from({ length: 25 }, (_, n) => 100 + n * 20));
});

Deno.test("once the backlog is read nothing is late any more", () => {
  const readAtMs = (n: number) => n < 100 ? n * 80 : Math.max(8000 + (n - 100), n * FRAME_MS);
  const late = lateness({ frames: 400, readAtMs });
  assert.deepEqual([late[99], late[399]], [99 * 40 - UNEVEN_MS, 0]);
});

Deno.test("a camera that counts slower than time passes is not late for it, as long as the thread has time", () => {
  // In the dark it sends twenty frames a second, and goes on to count forty milliseconds each.
  const late = lateness({ frames: 5000, readAtMs: (n) => n * 50, busy: 0.2 });
  assert.ok(Math.max(...late) <= 50, `${Math.max(...late)}`);
});

Deno.test("segments that come at once are not late, nor is a camera that paused", () => {
  // Four seconds of video every four seconds, all of it read at once.
  const segments = (n: number) => Math.floor(n / 100) * 4000 + (n % 100);
  assert.equal(Math.max(...lateness({ frames: 1000, readAtMs: segments, busy: 0.1 })), 0);
  const paused = (n: number) => n * FRAME_MS + (n < 50 ? 0 : 3000);
  assert.equal(Math.max(...lateness({ frames: 400, readAtMs: paused, busy: 0.1 })), 0);
});

Deno.test("a jump of the camera's clock begins anew", () => {
  for (const by of [50_000, -50_000]) {
    const timeMs = (n: number) => n * FRAME_MS + (n < 50 ? 0 : by);
    assert.equal(Math.max(...lateness({ frames: 100, readAtMs: (n) => n * FRAME_MS, timeMs })), 0);
  }
});

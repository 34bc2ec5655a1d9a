import assert from "node:assert/strict";
import { moveStream, StreamStateMachine } from "./stream_states.ts";
import { type StateEvent, STREAM_STATES, type StreamState } from "./stream.ts";

const CREDENTIALS = { code: "unauthorized", message: "Cannot open rtsp://cam/1: 401 Unauthorized" };

/** Written out by hand, row by row, so that the table cannot vouch for itself. Columns in the order of STREAM_STATES. */
const LEGAL: Record<StreamState, string> = {
  //          connecting running stalled backoff paused stopping stopped failed
  connecting: "x         x       -       x       x      x        x       x",
  running: "   x         -       x       x       x      x        x       x",
  stalled: "   x         x       -       x       x      x        x       x",
  backoff: "   x         -       -       -       x      x        x       x",
  paused: "    x         -       -       -       -      x        x       -",
  stopping: "  -         -       -       -       -      -        x       -",
  stopped: "   x         -       -       -       -      -        -       -",
  failed: "    x         -       -       -       -      x        x       -",
};

for (const from of STREAM_STATES) {
  Deno.test(`from ${from}, exactly the written moves are legal`, () => {
    const row = LEGAL[from].trim().split(/\s+/);
    STREAM_STATES.forEach((to, column) => {
      if (row[column] === "x") assert.equal(moveStream(from, to), to);
      else assert.throws(() => moveStream(from, to), new RegExp(`from ${from} to ${to}`));
    });
  });
}

function machine(initial?: "connecting" | "paused") {
  const events: StateEvent[] = [];
  let time = 1_000;
  const stream = new StreamStateMachine({
    stream: "gate",
    onEvent: (event) => events.push(event),
    now: () => time,
    ...(initial && { initial }),
  });
  return { stream, events, pass: (ms: number) => time += ms };
}

Deno.test("every way from a fresh stream ends in a state from which it can still come to an end", () => {
  for (const from of STREAM_STATES) {
    const seen = new Set<StreamState>([from]);
    for (const state of seen) for (const to of STREAM_STATES) if (isLegal(state, to)) seen.add(to);
    assert.ok(seen.has("stopped"), `${from} never reaches stopped`);
  }
});

function isLegal(from: StreamState, to: StreamState): boolean {
  try {
    return moveStream(from, to) === to;
  } catch {
    return false;
  }
}

Deno.test("a move tells what it was before, when it was made, and why", () => {
  const { stream, events, pass } = machine();
  pass(500);
  stream.move("failed", { cause: CREDENTIALS });
  assert.deepEqual(events, [{
    v: 1,
    type: "state",
    stream: "gate",
    state: "failed",
    previous: "connecting",
    cause: CREDENTIALS,
    at: "1970-01-01T00:00:01.500Z",
    epoch: 0,
    restarts: 0,
  }]);
  assert.equal(stream.sinceMs, 1_500);
  assert.deepEqual(stream.cause, CREDENTIALS);
});

Deno.test("an illegal move changes nothing and tells nobody", () => {
  const { stream, events, pass } = machine("paused");
  pass(10);
  assert.throws(() => stream.move("running"));
  assert.equal(stream.can("running"), false);
  assert.deepEqual([stream.state, stream.sinceMs, events.length], ["paused", 1_000, 0]);
});

Deno.test("the epoch rises when frames begin to come after a connect, not when a stall passes", () => {
  const { stream } = machine();
  stream.move("running");
  assert.equal(stream.epoch, 1);
  stream.move("stalled");
  stream.move("running");
  assert.equal(stream.epoch, 1);
  stream.move("backoff", { cause: CREDENTIALS, nextAttemptMs: 5_000 });
  stream.move("connecting");
  assert.equal(stream.epoch, 1);
  stream.move("running");
  assert.equal(stream.epoch, 2);
});

Deno.test("restarts count attempts after the first, and a resumption is none", () => {
  const { stream } = machine();
  stream.move("paused");
  stream.move("connecting");
  assert.equal(stream.restarts, 0);
  stream.move("backoff");
  stream.move("connecting");
  stream.move("connecting");
  assert.equal(stream.restarts, 2);
});

Deno.test("the next attempt is known in backoff only, the cause outlives it until frames come", () => {
  const { stream, events } = machine();
  stream.move("backoff", { cause: CREDENTIALS, nextAttemptMs: 5_000 });
  assert.equal(stream.nextAttemptMs, 5_000);
  stream.move("connecting");
  assert.equal(stream.nextAttemptMs, undefined);
  assert.deepEqual(stream.cause, CREDENTIALS);
  stream.move("running");
  assert.equal(stream.cause, undefined);
  assert.deepEqual(events.map((event) => [event.nextAttemptMs, event.cause?.code]), [
    [5_000, "unauthorized"],
    [undefined, "unauthorized"],
    [undefined, undefined],
  ]);
});

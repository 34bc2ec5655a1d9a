import assert from "node:assert/strict";
import type { LogEvent } from "../../core/events.ts";
import type { ResultEnvelope } from "../../core/results.ts";
import type { LiveFilter } from "../api/live.ts";
import { until } from "../../../tests/support/until.ts";
import { ResultFeed } from "./result_feed.ts";

const result = (stream: string, seq: number): ResultEnvelope => ({
  v: 1,
  type: "result",
  stream,
  epoch: 1,
  seq,
  pts: 0,
  frame: { width: 1, height: 1 },
  outputs: {},
});

Deno.test("However many streams are watched, one subscription carries them, and it follows who comes and goes", async () => {
  const open = new Map<LiveFilter, (event: LogEvent) => void>();
  const feed = new ResultFeed({
    events(filter, next) {
      open.set(filter, (event) => next(event, 0));
      return () => open.delete(filter);
    },
  });
  const heard: string[] = [];
  const stops = ["b", "a", "a"].map((stream) => feed.watch(stream, ({ seq }) => heard.push(`${stream}${seq}`)));
  await until(() => open.size === 1, "one subscription to both");
  assert.deepEqual([...open.keys()][0].streams, ["a", "b"]);
  for (const next of open.values()) next(result("a", 1));
  assert.deepEqual(heard, ["a1", "a1"]);

  stops[1]();
  stops[0]();
  await until(
    () => [...open.keys()].every(({ streams }) => streams?.length === 1),
    "only the one that is still watched",
  );
  for (const next of open.values()) next(result("b", 2));
  for (const next of open.values()) next(result("a", 2));
  assert.deepEqual(heard, ["a1", "a1", "a2"]);

  stops[2]();
  await until(() => open.size === 0, "nothing is asked for any more");
  feed[Symbol.dispose]();
});

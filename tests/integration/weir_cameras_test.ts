import assert from "node:assert/strict";
import { balanced } from "../support/balanced.ts";
import type { Fault } from "../support/faults.ts";
import { until } from "../support/until.ts";
import { IMPATIENT, watchedNeighbour } from "../support/watched_neighbour.ts";

Deno.test("a camera that is off at first is tried again until it appears", async () => {
  await using r = await watchedNeighbour();
  await r.server.refuse();
  await r.add("late");
  await until(() => r.history("late").includes("backoff"), "the backoff");
  const event = r.events("late").find(({ state }) => state === "backoff")!;
  assert.equal(event.cause!.code, "refused");
  assert.ok(event.nextAttemptMs! > Date.now() - 60_000);
  await r.server.set("late", {});
  await r.server.listen();
  await until(() => r.of("late").length > 5, "the camera that was off");
  assert.equal((await r.weir.status("late")).epoch, 1);
  await r.untouched();
});

Deno.test("hopeless answers end a stream at once, with their cause and without a retry", async () => {
  await using r = await watchedNeighbour({
    locked: [{ kind: "status", on: "DESCRIBE", status: 401 }],
    forbidden: [{ kind: "status", on: "DESCRIBE", status: 403 }],
  });
  for (const [id, code] of [["locked", "unauthorized"], ["forbidden", "forbidden"], ["nowhere", "not_found"]]) {
    await r.add(id);
    const status = await r.weir.done(id);
    assert.deepEqual([status.state, status.cause!.code, status.restarts], ["failed", code, 0]);
    balanced(status);
  }
  await r.untouched();
});

Deno.test("a camera that is cut again and again comes back every time, in a new epoch with rising numbers", async () => {
  await using r = await watchedNeighbour({ flapping: [{ kind: "end", afterFrames: 12, how: "rst", midFrame: true }] });
  await r.add("flapping");
  await until(() => (r.of("flapping").at(-1)?.epoch ?? 0) >= 4, "the fourth epoch");
  const history = r.history("flapping");
  assert.deepEqual(history.slice(0, 4), ["running", "backoff", "connecting", "running"]);
  const seqs = r.of("flapping").map((result) => result.seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
  const cause = r.events("flapping").find(({ state }) => state === "backoff")!.cause!;
  assert.equal(cause.code, "closed");
  balanced(await r.weir.status("flapping"));
  await r.untouched();
});

Deno.test("a camera that falls silent is stalled, then connected anew; one that never speaks is a timeout", async () => {
  const hangs = ["connect", "OPTIONS", "DESCRIBE", "SETUP", "PLAY"] as const;
  await using r = await watchedNeighbour({
    silent: [{ kind: "silence", afterFrames: 20, midFrame: true }],
    ...Object.fromEntries(hangs.map((after) => [after, [{ kind: "hang", after } as const]])),
  });
  await r.add("silent", { policy: { stallMs: 2000 } });
  for (const id of hangs) await r.add(id, { source: IMPATIENT });
  await until(() => (r.of("silent").at(-1)?.epoch ?? 0) >= 2, "the silent camera's second epoch");
  assert.deepEqual(r.history("silent").slice(0, 5), ["running", "stalled", "backoff", "connecting", "running"]);
  await until(() => hangs.every((id) => r.history(id).includes("backoff")), "the timeouts");
  for (const id of hangs) {
    const event = r.events(id).find(({ state }) => state === "backoff")!;
    assert.equal(event.cause!.code, "timeout", id);
  }
  for (const id of ["silent", ...hangs]) balanced(await r.weir.status(id));
  await r.untouched();
});

Deno.test("a camera that was there and is unknown to its server for a while is waited for", async () => {
  await using r = await watchedNeighbour({ moved: [] });
  await r.add("moved");
  await until(() => r.of("moved").length > 5, "the camera");
  await r.server.set("moved", { faults: [{ kind: "status", on: "DESCRIBE", status: 404 }] });
  await r.server.cut("fin", "moved");
  await until(
    () => r.events("moved").some(({ state, cause }) => state === "backoff" && cause!.code === "not_found"),
    "404",
  );
  await r.server.set("moved", {});
  await until(() => r.of("moved").at(-1)!.epoch === 2, "the camera again");
  assert.ok(!r.history("moved").includes("failed"));
  await r.untouched();
});

Deno.test("what a camera lives through by itself changes nothing but the numbers", async () => {
  const faults: Record<string, Fault> = {
    resized: { kind: "switch", afterFrames: 20, track: "other" },
    leaping: { kind: "jump", afterFrames: 20, seconds: -3600 },
    wrapped: { kind: "wrap", afterFrames: 20 },
    bursting: { kind: "bursts", everyFrames: 25, pauseMs: 500 },
    torn: { kind: "corrupt", share: 0.05, seed: 3 },
    keyless: { kind: "no-keyframe", seconds: 20 },
  };
  const ids = Object.keys(faults);
  await using r = await watchedNeighbour(Object.fromEntries(ids.map((id) => [id, [faults[id]]])));
  for (const id of ids) await r.add(id);
  await until(() => r.of("resized").some((result) => result.frame.width === 160), "the other size");
  for (const id of ids) await until(() => r.of(id).length > 40, `results of the camera ${id}`);
  for (const id of ids) {
    const status = await r.weir.status(id);
    balanced(status);
    assert.deepEqual([r.history(id), status.epoch], [["running"], 1], id);
    const lost = status.frames.dropped.undecodable;
    assert.equal(lost > 0, id === "torn" || id === "keyless", `${id}: ${lost} frames could not be decoded`);
  }
  await r.untouched();
});

Deno.test("a camera that hangs up, or turns into something else, is connected anew, and says why", async () => {
  const ends = ["fin", "rst", "teardown"] as const;
  await using r = await watchedNeighbour({
    ...Object.fromEntries(ends.map((how) => [how, [{ kind: "end", how, afterFrames: 20 } as const]])),
    recoded: [{ kind: "switch", afterFrames: 20, track: "hevc" }],
  });
  for (const id of ends) await r.add(id);
  await r.add("recoded", { source: { pictureTimeoutMs: 3000 } });
  for (const id of [...ends, "recoded"]) {
    await until(() => (r.of(id).at(-1)?.epoch ?? 0) >= 2, `the second epoch of the camera ${id}`);
    assert.deepEqual(r.history(id).slice(0, 4), ["running", "backoff", "connecting", "running"], id);
    assert.equal(r.events(id)[1].cause!.code, id === "recoded" ? "invalid" : "closed");
    balanced(await r.weir.status(id));
  }
  await r.untouched();
});

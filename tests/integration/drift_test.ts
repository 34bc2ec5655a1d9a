import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";
import { until } from "../support/until.ts";

const STREAM = {
  id: "pitch",
  source: { kind: "scene", scene: "pitch", width: 320, height: 180, pace: "realtime" },
  pipeline: [
    { model: "weir-pitch", minScore: 0.1 },
    { analyzer: "drift", reference: 50, window: 50, everySeconds: 0.1, checkSeconds: 1 },
  ],
};

Deno.test("a reference is learnt, outlives the server, shows in status and metrics, and is learnt anew when told", async () => {
  await using server = await GuestServer.start();
  await server.run(STREAM);
  const drift = async () => (await server.ask("GET", "/api/v1/streams/pitch")).status?.drift?.drift;
  await until(async () => (await drift())?.state !== "learning", "the reference is learnt");
  const { reference } = await drift();
  assert.equal(reference, 50);
  await server.stop();
  await server.begin();
  await until(async () => (await drift()) !== undefined, "the stream is back");
  assert.notEqual((await drift()).state, "learning");
  assert.equal((await drift()).reference, 50);
  await until(async () => "score" in (await drift()).figures, "the window is full");
  const { figures: { score }, state } = await drift();
  assert.ok(score.psi >= 0 && ["steady", "watch", "act"].includes(state));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^weir_drift_level\{stream="pitch",step="drift"\} [012]$/m);
  assert.match(metrics, /^weir_drift_stability_index\{stream="pitch",step="drift",figure="score"\} \d/m);

  const frozen = await server.ask("POST", "/api/v1/streams/pitch/drift", { order: "freeze" });
  assert.equal(frozen.id, "pitch");
  // Things move on while one looks, so it is only seen that it ends well.
  await server.ask("POST", "/api/v1/streams/pitch/drift", { step: "drift", order: "relearn" });
  await until(async () => "score" in (await drift()).figures, "the window is full again");

  const nobody = await fetch(`${server.url}/api/v1/streams/pitch/drift`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ step: "detect", order: "freeze" }),
  });
  assert.equal(nobody.status, 409);
  assert.match((await nobody.json()).detail, /no step called detect that could freeze/);
});

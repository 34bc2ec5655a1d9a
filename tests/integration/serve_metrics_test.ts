import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";
import { hasPromtool, promtool } from "../support/promtool.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
const name = "promtool finds no fault with what a server at work exposes";

Deno.test({
  name,
  ignore: skip(name, await hasPromtool(), "promtool"),
  async fn() {
    await using server = await GuestServer.start();
    const source = { kind: "scene", scene: "pitch", width: 320, height: 180 };
    await server.run({ id: "pitch", source, pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }] });
    await until(
      async () => (await server.ask("GET", "/api/v1/streams/pitch")).status.frames.completed > 3,
      "the model has run",
    );
    await (await fetch(`${server.url}/nope`)).body?.cancel();
    const expose = async (accept: string) =>
      await (await fetch(`${server.url}/metrics`, { headers: { accept } })).text();
    const text = await expose("text/plain");
    for (const metric of ["model_run_seconds", "result_age_seconds_bucket", "http_connections"]) {
      assert.match(text, new RegExp(`^weir_${metric}[ {]`, "m"));
    }
    assert.equal(await promtool(text), "");
    assert.ok((await expose(OPEN_METRICS)).endsWith("\n# EOF\n"));
  },
});

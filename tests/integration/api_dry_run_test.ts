import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";

const COUNT = {
  id: "count",
  source: { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 },
  pipeline: [{ analyzer: "counter" }],
};

/** The status and the code of a request that is refused. */
async function refusal(server: GuestServer, [method, path]: [string, string], body: unknown): Promise<unknown[]> {
  const response = await fetch(server.url + path, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { code, errors } = await response.json();
  return [response.status, code, ...(errors ?? []).map(({ path }: { path: string }) => path)];
}

Deno.test("a dry run says what a change would do, refuses what the change would, and changes nothing", async () => {
  await using server = await GuestServer.start();
  const streams = "/api/v1/streams";
  const tried = await server.ask("POST", `${streams}?dryRun=true`, COUNT);
  assert.deepEqual([tried.id, tried.effect, tried.registration.policy.mode], ["count", "starts", "latest"]);
  assert.deepEqual(await server.ask("GET", streams), { streams: [] });
  const away = { ...COUNT, source: { kind: "rtsp", url: "rtsp://me:secret@127.0.0.1:1/x", password: "secret" } };
  assert.doesNotMatch(JSON.stringify(await server.ask("POST", `${streams}?dryRun=1`, away)), /secret/);

  await server.run(COUNT);
  const path = `${streams}/count`;
  const before = await server.ask("GET", path);
  const applied = await server.ask("PATCH", `${path}?dryRun=true`, { policy: { fps: 5 }, labels: { a: "b" } });
  assert.deepEqual([applied.effect, applied.registration.policy.fps], ["applies", 5]);
  const moved = await server.ask("PATCH", `${path}?dryRun=true`, { source: { ...COUNT.source, fps: 20 } });
  assert.deepEqual([moved.effect, moved.registration.source.fps], ["reconnects", 20]);
  const after = await server.ask("GET", path);
  assert.deepEqual(after.registration, before.registration);
  assert.equal(after.status.epoch, before.status.epoch, "it stayed connected");

  const wrong = { pipeline: [{ model: "nobody-has-this" }] };
  for (const query of ["?dryRun=true", ""]) {
    assert.deepEqual(await refusal(server, ["POST", streams + query], COUNT), [409, "conflict"], query);
    const [status, code] = await refusal(server, ["PATCH", path + query], wrong);
    assert.deepEqual([status, code], [422, "invalid"], query);
    assert.deepEqual((await refusal(server, ["PATCH", `${streams}/nobody${query}`], wrong)).slice(0, 2), [
      404,
      "not_found",
    ]);
  }
  assert.deepEqual(await refusal(server, ["POST", `${streams}?dryRun=perhaps`], COUNT), [422, "invalid", "dryRun"]);
});

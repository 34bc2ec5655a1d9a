import assert from "node:assert/strict";
import { GuestStreams } from "../../src/api/guest_streams.ts";
import { eventually } from "../support/eventually.ts";
import { jpegImage } from "../support/images.ts";
import { Camera, POLICY, RED, rig, SIZE } from "../support/ingest_rig.ts";

/** Long enough to come back on a slow machine. */
const LINGER_MS = 8000;

Deno.test("a stream that is not there, or is no webcam, is refused before the connection is made", async () => {
  await using r = await rig();
  const source = { kind: "scene", scene: "counter", seed: 7, width: 64, height: 64, fps: 5, pace: "realtime" };
  await r.streams.create({ id: "scene", source, pipeline: [], policy: POLICY, labels: {} });
  const ask = async (path: string) => {
    const headers = { upgrade: "websocket", connection: "upgrade", "sec-websocket-version": "13" };
    const response = await fetch(`${r.url}/${path}`, { headers });
    const { code, detail } = await response.json();
    return [response.status, code, detail];
  };
  assert.deepEqual((await ask("nobody")).slice(0, 2), [404, "not_found"]);
  assert.deepEqual((await ask("scene")).slice(0, 2), [409, "conflict"]);
  assert.deepEqual((await ask("no%20name?create=")).slice(0, 2), [422, "invalid"]);
  const [status, code, detail] = await ask(`x?create=${encodeURIComponent(r.model("missing.onnx"))}`);
  assert.deepEqual([status, code], [422, "invalid"]);
  assert.match(detail, /missing\.onnx/);
  assert.match((await ask("x?create=m,n,o,p,q,r,s,t,u"))[2], /at most 8 models/);
  const plain = await fetch(`${r.url}/scene`);
  assert.deepEqual([plain.status, (await plain.json()).code], [426, "upgrade_required"]);
  assert.deepEqual((await r.streams.list()).map(({ id }) => id), ["scene"]);
});

Deno.test("a sender may bring its stream along, which stays a while when it has gone, and then goes, too", async () => {
  await using r = await rig({ lingerMs: LINGER_MS });
  const url = `${r.url}/guest?create=${encodeURIComponent(r.model("tiny.onnx"))},${
    encodeURIComponent(r.model("slow.onnx"))
  }`;
  {
    await using first = await Camera.open(url);
    await first.sendInTurn(jpegImage(SIZE, SIZE, { rgb: RED }));
    await eventually("a result", () => first.of("result").length === 1);
    assert.deepEqual(Object.keys(first.of("result")[0].outputs!), ["tiny", "slow"]);
  }
  await using second = await Camera.open(url);
  await second.sendInTurn(jpegImage(SIZE, SIZE));
  await eventually("a result", () => second.of("result").length === 1);
  assert.equal(second.of("result")[0].epoch, 2, "it is the stream that was there already");
  await new Promise((resolve) => setTimeout(resolve, LINGER_MS + 1000));
  assert.deepEqual(r.weir.list(), ["guest"], "it stays as long as somebody is there");
  second.socket.close();
  await eventually("the stream is gone", () => r.weir.list().length === 0);
});

Deno.test("guests' streams that a server inherits go when nobody returns to them; others stay", async () => {
  await using r = await rig();
  const source = { kind: "webcam" };
  const labels = { guest: "webcam" };
  for (const id of ["left", "returned"]) await r.streams.create({ id, source, pipeline: [], policy: POLICY, labels });
  await r.register("resident");
  const stop = new AbortController();
  const guests = new GuestStreams({ streams: r.streams, signal: stop.signal, lingerMs: 300 });
  guests.arrived("returned");
  await eventually("the one that was left is gone", () => !r.weir.list().includes("left"));
  assert.deepEqual(r.weir.list(), ["returned", "resident"]);
  guests.arrived("returned");
  guests.left("returned");
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(r.weir.list(), ["returned", "resident"], "one of its two senders is still there");
  guests.left("returned");
  await eventually("the other one goes, too", () => !r.weir.list().includes("returned"));
  stop.abort();
});

Deno.test("a guest's stream that is only just being made is not taken for one that was left", async () => {
  await using r = await rig();
  const stop = new AbortController();
  // Looks around at once, while the model is still being loaded.
  const guests = new GuestStreams({ streams: r.streams, signal: stop.signal, lingerMs: 1 });
  await guests.find("guest", [r.model("tiny.onnx")]).then(() => guests.arrived("guest"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(r.weir.list(), ["guest"]);
  stop.abort();
});

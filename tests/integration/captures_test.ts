import assert from "node:assert/strict";
import { flatJpeg } from "../support/flat_jpeg.ts";
import { GuestServer } from "../support/guest_server.ts";
import { counterIn, jpegPixels } from "../support/jpeg_picture.ts";
import { until } from "../support/until.ts";

interface Listed {
  id: string;
  stream: string;
  kind: string;
  at: string;
  bytes: number;
  width: number;
  height: number;
  reasons: string[];
}

const COUNTER = {
  source: { kind: "scene", scene: "counter", width: 320, height: 180, fps: 25 },
  pipeline: [{ analyzer: "counter" }],
};

async function listed(server: GuestServer, query = ""): Promise<Listed[]> {
  return (await server.ask("GET", `/api/v1/captures${query}`)).captures;
}

/** Has the stream `count` keep no more, and waits for what was on its way; answers the stream as it then is. */
async function switchOff(server: GuestServer) {
  const off = await server.ask("POST", "/api/v1/captures", { stream: "count", enabled: false });
  const waiting = async () => (await server.ask("GET", "/api/v1/streams/count")).kept.waiting;
  await until(async () => await waiting() === 0, "the last ones are written");
  return off;
}

Deno.test("frames that the rules ask for are kept in full size, each with its own result, and can be had over HTTP", async () => {
  await using server = await GuestServer.start();
  await server.run({ ...COUNTER, id: "count", capture: { everyNth: 5, keep: { days: 1 } } });
  await until(async () => (await listed(server)).length >= 3, "three frames are kept");
  const [newest] = await listed(server, "?stream=count&kind=frame&limit=1");
  assert.deepEqual([newest.stream, newest.kind, newest.width, newest.height], ["count", "frame", 320, 180]);
  assert.deepEqual(newest.reasons, ["nth"]);
  const document = await server.ask("GET", `/api/v1/captures/${newest.id}`);
  const response = await fetch(`${server.url}/api/v1/captures/${newest.id}/media`);
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  const jpeg = await response.bytes();
  assert.equal(Number(response.headers.get("content-length")), jpeg.length);
  assert.ok(document.result.outputs.counter.value > 0);
  assert.equal(await counterIn(jpeg), document.result.outputs.counter.value);

  const small = await fetch(`${server.url}/api/v1/captures/${newest.id}/media?width=160`);
  assert.equal(small.headers.get("content-type"), "image/jpeg");
  const { width, height } = await jpegPixels(await small.bytes());
  assert.deepEqual([width, height], [160, 90]);
  const wide = await fetch(`${server.url}/api/v1/captures/${newest.id}/media?width=1000`);
  assert.equal((await jpegPixels(await wide.bytes())).width, 320, "no wider than it is");
  assert.equal(
    await (await fetch(`${server.url}/api/v1/captures/${newest.id}/media?width=9`)).json().then(({ code }) => code),
    "invalid",
  );
  assert.deepEqual(await listed(server, "?reason=alert"), []);
  assert.ok((await listed(server, "?reason=nth")).length >= 3);

  const part = await fetch(`${server.url}/api/v1/captures/${newest.id}/media`, { headers: { range: "bytes=2-9" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), `bytes 2-9/${jpeg.length}`);
  assert.deepEqual(await part.bytes(), jpeg.slice(2, 10));
  const tail = await fetch(`${server.url}/api/v1/captures/${newest.id}/media`, { headers: { range: "bytes=-5" } });
  assert.deepEqual(await tail.bytes(), jpeg.slice(-5));
  const beyond = await fetch(`${server.url}/api/v1/captures/${newest.id}/media`, {
    headers: { range: `bytes=${jpeg.length}-` },
  });
  assert.equal(beyond.status, 416);
  assert.equal(await beyond.text(), "");

  const { status, kept } = await server.ask("GET", "/api/v1/streams/count");
  assert.equal(status.frames.unaccounted, 0);
  assert.equal(status.capture.failed, 0);
  assert.ok(status.capture.taken >= 3 && kept.files >= 3 && kept.bytes > 0);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^weir_captures\{stream="count"\} [1-9]/m);
  assert.match(metrics, /^weir_captures_dropped_total\{stream="count",where="thread"\} 0$/m);
});

Deno.test("keeping is switched off and on again, and pages go back in time without a gap", async () => {
  await using server = await GuestServer.start();
  await server.run({ ...COUNTER, id: "count", capture: { everyNth: 2 } });
  await until(async () => (await listed(server)).length >= 7, "seven frames are kept");
  const off = await switchOff(server);
  assert.equal(off.registration.capture.enabled, false);
  assert.equal(off.status?.capture, undefined);
  const { frames: { completed } } = (await server.ask("GET", "/api/v1/streams/count")).status;
  const before = (await listed(server, "?limit=500")).map(({ id }) => id);
  const status = async () => (await server.ask("GET", "/api/v1/streams/count")).status;
  await until(async () => (await status()).frames.completed > completed + 10, "the stream goes on");
  assert.deepEqual((await listed(server, "?limit=500")).map(({ id }) => id), before);

  const paged: string[] = [];
  for (let after = ""; after !== undefined;) {
    const page = await server.ask("GET", `/api/v1/captures?limit=3${after && `&after=${after}`}`);
    assert.ok(page.captures.length <= 3);
    paged.push(...page.captures.map(({ id }: Listed) => id));
    after = page.next;
  }
  assert.deepEqual(paged, before);
  assert.deepEqual(paged, [...paged].sort().reverse());

  const { at } = (await listed(server, "?limit=500"))[2];
  const since = await listed(server, `?limit=500&from=${encodeURIComponent(at)}`);
  assert.deepEqual(since.map(({ id }) => id), before.slice(0, since.length));
  assert.ok(since.length >= 3);

  await server.ask("POST", "/api/v1/captures", { stream: "count", enabled: true });
  await until(async () => (await listed(server, "?limit=500")).length > before.length, "more are kept");
});

Deno.test("what is kept outlives its stream and the server, and goes when it is told to", async () => {
  await using server = await GuestServer.start();
  await server.run({ ...COUNTER, id: "count", capture: { everySeconds: 0.2, keep: { files: 4 } } });
  await until(async () => (await server.ask("GET", "/api/v1/streams/count")).kept?.removed >= 1, "one had to go");
  await switchOff(server);
  await server.ask("DELETE", "/api/v1/streams/count");
  const kept = await listed(server);
  assert.equal(kept.length, 4);
  await server.stop();
  await server.begin();
  assert.deepEqual(await listed(server), kept);
  await server.ask("DELETE", `/api/v1/captures/${kept[1].id}`);
  assert.deepEqual((await listed(server)).map(({ id }) => id), [kept[0], kept[2], kept[3]].map(({ id }) => id));
  for (const path of ["", "/media"]) {
    const gone = await fetch(`${server.url}/api/v1/captures/${kept[1].id}${path}`);
    assert.equal(gone.status, 404);
    assert.equal((await gone.json()).code, "not_found");
  }
});

Deno.test("rules that do not fit are refused where they do not, and a stream without rules cannot be switched", async () => {
  await using server = await GuestServer.start();
  await server.run({ ...COUNTER, id: "count" });
  const ask = async (method: string, path: string, body: unknown) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(server.url + path, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, problem: await response.json() };
  };
  const wrong = await ask("PATCH", "/api/v1/streams/count", { capture: { everyNth: 0, below: 2 } });
  assert.equal(wrong.status, 422);
  assert.deepEqual(wrong.problem.errors.map(({ path }: { path: string }) => path), [
    "capture.everyNth",
    "capture.below",
  ]);
  const none = await ask("POST", "/api/v1/captures", { stream: "count", enabled: true });
  assert.deepEqual([none.status, none.problem.code], [409, "conflict"]);
  await server.ask("PATCH", "/api/v1/streams/count", { capture: { everyNth: 3 } });
  await until(async () => (await listed(server)).length > 0, "a frame is kept");
  const { registration } = await server.ask("PATCH", "/api/v1/streams/count", { capture: null });
  assert.equal(registration.capture, undefined);
});

Deno.test("images of /predict are kept as they were sent, with what was answered, where the configuration asks for it", async () => {
  await using server = await GuestServer.start({
    capture: { predict: { everyNth: 2, keep: { files: 10 } } },
    inference: { defaultModel: "weir-pitch" },
  });
  const images = [0, 1, 2, 3].map((n) => flatJpeg(64 + 16 * n, 48, 120) as Uint8Array<ArrayBuffer>);
  for (const body of images) {
    const headers = { "content-type": "image/jpeg" };
    const response = await fetch(`${server.url}/predict`, { method: "POST", headers, body: body.slice() });
    assert.equal(response.status, 200, await response.text());
  }
  await until(async () => (await listed(server)).length === 2, "two images are kept");
  const kept = (await listed(server, "?stream=~predict")).reverse();
  assert.deepEqual(kept.map(({ width, reasons }) => [width, reasons]), [[64, ["nth"]], [96, ["nth"]]]);
  const media = await fetch(`${server.url}/api/v1/captures/${kept[1].id}/media`);
  assert.deepEqual(await media.bytes(), images[2]);
  const { result, models } = await server.ask("GET", `/api/v1/captures/${kept[0].id}`);
  assert.ok(Array.isArray(result.outputs.detect.detections));
  assert.match(models.detect.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("a day's sample goes on where it was when the server is started again", async () => {
  await using server = await GuestServer.start();
  await server.run({ ...COUNTER, id: "count", capture: { reservoir: 1000 } });
  const places = async () => {
    const ids = (await listed(server, "?limit=500")).map(({ id }) => id).reverse();
    const documents = await Promise.all(ids.map((id) => server.ask("GET", `/api/v1/captures/${id}`)));
    return documents.map(({ reservoir }) => reservoir);
  };
  await until(async () => (await places()).length >= 2, "two frames are in the sample");
  await server.stop();
  await server.begin();
  const before = (await places()).length;
  await until(async () => (await places()).length > before, "there are more");
  const days = Map.groupBy(await places(), ({ day }) => day);
  for (const sample of days.values()) {
    assert.deepEqual(sample.map(({ slot, seen }) => [slot, seen]), sample.map((_, n) => [n, n + 1]));
  }
});

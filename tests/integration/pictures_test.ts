import assert from "node:assert/strict";
import { pictureRoutes } from "../../src/api/picture_routes.ts";
import type { Call, Route } from "../../src/api/route.ts";
import { Weir } from "../../src/app.ts";
import { ServiceError } from "../../src/core/service_error.ts";
import type { EncodedPicture, PictureRequest, StreamService, StreamView } from "../../src/core/services.ts";
import type { StreamRegistration } from "../../src/core/stream.ts";
import { Pictures } from "../../src/service/pictures.ts";
import { heard } from "../support/heard.ts";
import { counterIn, jpegPixels } from "../support/jpeg_picture.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(30_000);

const COUNTER = { kind: "scene", scene: "counter", seed: 7, width: 640, height: 360, fps: 25, pace: "realtime" };
const PLAIN: PictureRequest = { overlay: false, quality: 85 };
const SMALL: PictureRequest = { overlay: true, width: 320, quality: 85 };

/** A Weir with its pictures as the server has them; a name is registered as long as it is in `registered`. */
async function rig() {
  const weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 });
  const registered = new Set<string>();
  const get = (id: string): Promise<StreamView> =>
    registered.has(id)
      ? Promise.resolve({ id } as StreamView)
      : Promise.reject(new ServiceError("not_found", `There is no stream called ${id}`));
  const streams = { get } as StreamService;
  const pictures = new Pictures(weir, streams);
  const { results, states } = heard(weir);
  return {
    weir,
    streams,
    pictures,
    registered,
    results,
    states,
    async add(id: string, more: Partial<StreamRegistration> = {}) {
      registered.add(id);
      await weir.add({
        id,
        source: COUNTER,
        pipeline: [{ analyzer: "counter" }],
        policy: { mode: "latest", weight: 1, capacity: 4 },
        labels: {},
        ...more,
      });
    },
    encoded: async (id: string) => (await weir.status(id)).pictures!.encoded,
    [Symbol.asyncDispose]: () => weir[Symbol.asyncDispose](),
  };
}

const never = () => new AbortController().signal;
const rising = (seqs: number[]) => seqs.every((seq, n) => n === 0 || seq > seqs[n - 1]);

Deno.test("a picture shows the very frame of the result with its number, full, scaled and drawn on", async () => {
  await using r = await rig();
  await r.add("cam");
  const seen: EncodedPicture[] = [];
  using _full = r.pictures.watch("cam", { ...PLAIN, fps: 60 }, (picture) => seen.push(picture));
  using _small = r.pictures.watch("cam", { ...SMALL, fps: 60 }, (picture) => seen.push(picture));
  await until(() => new Set(seen.slice(0, -10).map(({ width }) => width)).size === 2, "pictures of both sizes");
  // More come while these are looked at: on a slow machine, faster than one can look.
  const looked = seen.slice();
  for (const picture of looked) {
    const result = r.results.find(({ seq }) => seq === picture.seq)!;
    const { value } = result.outputs.counter as { value: number };
    assert.equal(await counterIn(picture.jpeg), value, `${picture.seq} at ${picture.width}`);
    assert.deepEqual([picture.stream, picture.epoch, picture.pts], ["cam", result.epoch, result.pts]);
    const { width, height } = await jpegPixels(picture.jpeg);
    assert.deepEqual([picture.width, picture.height], [width, height]);
  }
  assert.deepEqual([...new Set(looked.map(({ width }) => width))].toSorted(), [320, 640]);
});

Deno.test("ten watchers cost one encoding a picture, none costs none, and a stream without steps has pictures too", async () => {
  await using r = await rig();
  await r.add("cam", { pipeline: [] });
  await until(() => r.results.length > 10, "results");
  assert.equal(await r.encoded("cam"), 0);
  const seen = Array.from({ length: 10 }, () => new Set<number>());
  const watches = seen.map((seqs) =>
    r.pictures.watch("cam", { ...SMALL, fps: 60 }, ({ seq }) => {
      assert.ok(!seqs.has(seq), `${seq} twice`);
      seqs.add(seq);
    })
  );
  await until(() => seen.every(({ size }) => size > 8), "pictures for all ten");
  for (const watch of watches) watch[Symbol.dispose]();
  // A question goes the same way as the end of the watches, so its answer comes after the last picture.
  const encoded = await r.encoded("cam");
  const before = r.results.length;
  await until(() => r.results.length > before + 10, "more results");
  assert.equal(await r.encoded("cam"), encoded);
  const distinct = new Set(seen.flatMap((seqs) => [...seqs])).size;
  assert.ok(encoded >= distinct && encoded <= distinct + 2, `${encoded} encodings for ${distinct} pictures`);
  const answers = await Promise.all(Array.from({ length: 10 }, () => r.pictures.picture("cam", PLAIN, never())));
  // A frame may come between two of the questions.
  const answered = new Set(answers.map(({ seq }) => seq)).size;
  assert.ok(answered <= 2, `${answered} pictures for ten questions at once`);
  assert.equal(await r.encoded("cam"), encoded + answered);
});

Deno.test("each watcher gets at most the rate it asks for, and the thread encodes no more than the highest", async () => {
  await using r = await rig();
  await r.add("cam", { source: { ...COUNTER, fps: 50 } });
  const [slow, fast]: EncodedPicture[][] = [[], []];
  using _slow = r.pictures.watch("cam", { ...PLAIN, fps: 2 }, (picture) => slow.push(picture));
  using _fast = r.pictures.watch("cam", { ...PLAIN, fps: 10 }, (picture) => fast.push(picture));
  await until(() => slow.length >= 5, "pictures for the slow one");
  for (const [pictures, fps] of [[slow, 2], [fast, 10]] as const) {
    const seconds = (pictures.at(-1)!.atMs - pictures[0].atMs) / 1000;
    assert.ok(pictures.length - 1 <= seconds * fps + 2, `${pictures.length} in ${seconds} s at ${fps}`);
  }
  const seconds = (Date.now() - slow[0].atMs) / 1000;
  assert.ok(await r.encoded("cam") <= seconds * 10 + 5);
  assert.ok(fast.length > slow.length);
});

Deno.test("a watch lives through the death of the stream's thread, a restart and another source, and ends with the stream", async () => {
  await using r = await rig();
  const test = { kind: "camera", device: "testsrc2=size=320x180:rate=25,realtime", format: "lavfi" };
  const source = { ...test, openTimeoutMs: 10_000, readTimeoutMs: 10_000 };
  await r.add("cam", { source, pipeline: [] });
  const seen: EncodedPicture[] = [];
  let ended = 0;
  using _watch = r.pictures.watch("cam", { ...SMALL, fps: 60 }, (picture) => seen.push(picture), () => ended++);
  await until(() => seen.length > 3, "pictures");
  const first = seen.at(-1)!;
  const asked = r.weir.pictures.next("cam", PLAIN, never());
  await r.weir.replaceWorker("cam", { deadlineMs: 0 });
  assert.ok((await asked).jpeg.length > 0);
  await until(() => seen.at(-1)!.epoch > first.epoch, "pictures out of the new thread");
  const second = seen.at(-1)!;
  await r.weir.control("cam", "restart");
  await until(() => seen.at(-1)!.epoch > second.epoch, "pictures after the restart");
  assert.ok(rising(seen.map(({ seq }) => seq)));
  await r.weir.remove("cam");
  const before = seen.length;
  await r.add("cam");
  await until(() => seen.length > before + 2, "pictures of the other source");
  assert.equal(await counterIn(seen.at(-1)!.jpeg) !== undefined, true);
  assert.equal(ended, 0);
  r.registered.delete("cam");
  await r.weir.remove("cam");
  await until(() => ended === 1, "the end of the watch");
});

Deno.test("a stream that failed with its thread can be restarted, and who watches it goes on watching", async () => {
  await using r = await rig();
  await r.add("cam");
  const seen: EncodedPicture[] = [];
  using _watch = r.pictures.watch("cam", { ...PLAIN, fps: 60 }, (picture) => seen.push(picture));
  await until(() => seen.length > 3, "pictures");
  const before = seen.at(-1)!;
  await r.weir.replaceWorker("cam", { deadlineMs: 0 });
  await until(() => r.states.at(-1)?.state === "failed", "the failure");
  await r.weir.control("cam", "restart");
  await until(() => seen.at(-1)!.epoch > before.epoch, "pictures after the restart");
  const last = seen.at(-1)!;
  const { value } = r.results.find(({ seq }) => seq === last.seq)!.outputs.counter as { value: number };
  assert.equal(await counterIn(last.jpeg), value);
  assert.deepEqual(r.states.map(({ state }) => state), ["running", "failed", "connecting", "running"]);
});

Deno.test("while nothing comes the latest picture is answered, or why there is none", async () => {
  await using r = await rig();
  await r.add("cam");
  const fresh = await r.pictures.picture("cam", PLAIN, never());
  assert.equal(fresh.stale, undefined);
  await r.weir.control("cam", "pause");
  await until(() => r.states.at(-1)?.state === "paused", "the pause");
  const stale = await r.pictures.picture("cam", PLAIN, never());
  assert.deepEqual([stale.stale, stale.seq], [true, fresh.seq]);
  await assert.rejects(r.pictures.picture("cam", SMALL, never()), { code: "unavailable", message: /cam.*is paused/ });
  await assert.rejects(r.pictures.picture("nobody", PLAIN, never()), { code: "not_found" });
  assert.throws(() => r.pictures.watch("nobody", { ...PLAIN, fps: 1 }, () => {}), { code: "not_found" });
  await r.weir.control("cam", "resume");
  const before = r.results.length;
  await until(() => r.results.length > before + 5, "results again");
  assert.equal(await r.encoded("cam"), 1, "nobody waited any more");
  await r.add("gone", { source: { kind: "file", path: "/nowhere/gone.mp4", pace: "fast", loop: false } });
  await assert.rejects(r.pictures.picture("gone", PLAIN, never()), {
    code: "unavailable",
    message: /is failed \(.*gone/,
  });
});

Deno.test("only so many distinct pictures of a stream are encoded at once", async () => {
  await using r = await rig();
  await r.add("cam");
  const watch = (width: number) => r.pictures.watch("cam", { ...PLAIN, width, fps: 1 }, () => {});
  const watches = Array.from({ length: 8 }, (_, n) => watch(100 + n));
  assert.throws(() => watch(200), { code: "too_many" });
  await assert.rejects(r.pictures.picture("cam", SMALL, never()), { code: "too_many" });
  watch(100)[Symbol.dispose]();
  watches[3][Symbol.dispose]();
  watch(200)[Symbol.dispose]();
  for (const each of watches) each[Symbol.dispose]();
});

/** Asks a route as the server would: its own schemas parse what came. */
async function ask(route: Route, id: string, query: Record<string, string>, signal = never()): Promise<Response> {
  const call = { params: { id }, query: route.query!.parse(query), signal } as Call;
  return await route.handle(call) as Response;
}

Deno.test("frame.jpg answers one picture with its frame's numbers, and says when it is an old one", async () => {
  await using r = await rig();
  await r.add("cam");
  const [frame] = pictureRoutes({ ...r, signal: never() });
  const response = await ask(frame, "cam", { overlay: "1", width: "320", quality: "90" });
  const jpeg = await response.bytes();
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("weir-stale"), null);
  assert.ok(!Number.isNaN(Date.parse(response.headers.get("last-modified")!)));
  const seq = Number(response.headers.get("weir-seq"));
  const result = r.results.find((result) => result.seq === seq)!;
  assert.equal(await counterIn(jpeg), (result.outputs.counter as { value: number }).value);
  assert.equal(response.headers.get("weir-epoch"), "1");
  assert.equal(Number(response.headers.get("weir-pts")), result.pts);
  assert.equal((await jpegPixels(jpeg)).width, 320);
  await r.weir.control("cam", "pause");
  await until(() => r.states.at(-1)?.state === "paused", "the pause");
  const old = await ask(frame, "cam", { overlay: "true", width: "320", quality: "90" });
  assert.deepEqual([old.headers.get("weir-stale"), old.headers.get("weir-seq")], ["1", `${seq}`]);
  await old.body!.cancel();
  await assert.rejects(ask(frame, "nobody", {}), { code: "not_found" });
  for (const query of [{ width: "0" }, { width: "1e9" }, { quality: "101" }, { overlay: "yes" }, { size: "3" }]) {
    assert.equal(frame.query!.safeParse(query).success, false, JSON.stringify(query));
  }
});

/** Reads the parts of a multipart answer, as a browser does. */
async function* parts(response: Response): AsyncGenerator<{ seq: number; jpeg: Uint8Array }> {
  const boundary = /boundary=(.+)$/.exec(response.headers.get("content-type")!)![1];
  let bytes = new Uint8Array();
  const text = () => new TextDecoder("latin1").decode(bytes);
  for await (const chunk of response.body!) {
    const longer = new Uint8Array(bytes.length + chunk.length);
    longer.set(bytes);
    longer.set(chunk, bytes.length);
    bytes = longer;
    if (text().startsWith(`--${boundary}\r\n`)) bytes = bytes.subarray(boundary.length + 4);
    for (;;) {
      const end = text().indexOf("\r\n\r\n");
      if (end < 0) break;
      const head = text().slice(0, end);
      const size = Number(/content-length: (\d+)/i.exec(head)![1]);
      const after = end + 4 + size + boundary.length + 6;
      if (bytes.length < after) break;
      const jpeg = bytes.slice(end + 4, end + 4 + size);
      assert.equal(text().slice(end + 4 + size, after), `\r\n--${boundary}\r\n`);
      bytes = bytes.slice(after);
      yield { seq: Number(/weir-seq: (\d+)/i.exec(head)![1]), jpeg };
    }
  }
}

Deno.test("live.mjpeg goes on over a connection, a slow reader gets newer pictures, and it ends with the stream", async () => {
  await using r = await rig();
  await r.add("cam");
  const [, live] = pictureRoutes({ ...r, signal: never() });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => ask(live, "cam", Object.fromEntries(new URL(request.url).searchParams), request.signal),
  );
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/?fps=30&width=320&overlay=1`);
  const seqs: number[] = [];
  for await (const { seq, jpeg } of parts(response)) {
    const { value } = r.results.find((result) => result.seq === seq)!.outputs.counter as { value: number };
    assert.equal(await counterIn(jpeg), value);
    seqs.push(seq);
    if (seqs.length < 5) continue;
    if (seqs.length > 5) continue;
    r.registered.delete("cam");
    await r.weir.remove("cam");
  }
  assert.ok(seqs.length >= 5 && rising(seqs), `${seqs}`);
});

Deno.test("nothing is held back for a reader that does not read, and the server's stop ends the answer", async () => {
  await using r = await rig();
  await r.add("cam");
  const stop = new AbortController();
  const [, live] = pictureRoutes({ ...r, signal: stop.signal });
  const response = await ask(live, "cam", { fps: "30" });
  const reading = parts(response);
  const first = (await reading.next()).value!;
  const others: number[] = [];
  const other = r.pictures.watch("cam", { ...PLAIN, quality: 80, fps: 30 }, ({ seq }) => others.push(seq));
  await until(() => others.length > 20, "pictures that nobody reads");
  const second = (await reading.next()).value!;
  assert.ok(second.seq > first.seq && second.seq >= others[10], `${second.seq}, while others had ${others}`);
  other[Symbol.dispose]();
  stop.abort();
  while (!(await reading.next()).done);
  const encoded = await r.encoded("cam");
  const later = r.results.length;
  await until(() => r.results.length > later + 5, "results after the end");
  assert.equal(await r.encoded("cam"), encoded);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { configSchema } from "../../config/load.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { makeClip } from "../support/clips.ts";
import { succeeds } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";
import { canMount, mountSmallDisk } from "../support/small_disk.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(60_000);

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

async function served(sections: (dir: string) => Record<string, unknown> = () => ({})) {
  const dir = await Deno.makeTempDir({ prefix: "weir-uploads-" });
  const config = configSchema.parse({ ...sections(dir), server: { port: 0 } });
  const log = new Log({ level: "error" });
  const server = await WeirServer.start({ config, dataDir: join(dir, "data"), version: "0.0.0", log });
  await server.restored;
  const ask = async (
    method: string,
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(`${server.url}${path}`, { method, ...init });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    dir,
    server,
    ask,
    send: async (body: BodyInit, name = "clip.mp4", type = "video/mp4") => {
      const path = `/api/v1/uploads?name=${encodeURIComponent(name)}`;
      for (let tries = 0;; tries++) {
        const answer = await ask("POST", path, { body, headers: { "content-type": type } });
        // A machine that has too much to do says so, and is asked again.
        const busy = answer.status === 503 && answer.body.detail.startsWith("Cannot look at");
        if (!busy || tries === 5) return answer;
      }
    },
    list: async (): Promise<Answer[]> => (await ask("GET", "/api/v1/uploads")).body.uploads,
    register: (id: string, source: unknown) =>
      ask("POST", "/api/v1/streams", {
        body: JSON.stringify({ id, source, pipeline: [] }),
        headers: { "content-type": "application/json" },
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Everything in a folder, hidden files too. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

const clipBytes = () => Deno.readFileSync(makeClip({ frames: 20 })) as Uint8Array<ArrayBuffer>;

Deno.test("a clip that is sent is played as a file, listed, kept while it is played, and removed", async () => {
  await using weir = await served();
  const bytes = clipBytes();
  const form = new FormData();
  form.append("file", new Blob([bytes]), "../../my face.mp4");
  const { status, body } = await weir.ask("POST", "/api/v1/uploads", { body: form });
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual([body.name, body.bytes, body.users], ["my-face.mp4", bytes.length, []]);
  assert.ok(body.video.width > 0 && body.video.height > 0 && body.video.codec.length > 0);
  assert.equal(body.source.kind, "file");
  assert.equal(body.source.path, join(weir.dir, "data", "uploads", "my-face.mp4"));
  assert.deepEqual(await Deno.readFile(body.source.path), bytes);

  // No media root is set: clips that were sent may be played nevertheless, and nothing beside them.
  const registered = await weir.register("face", { ...body.source, loop: true, pace: "realtime" });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  await until(
    async () => (await weir.ask("GET", "/api/v1/streams/face")).body.status?.state === "running",
    "the clip is played",
  );
  const beside = await weir.register("other", { kind: "file", path: join(weir.dir, "data", "weir.db") });
  assert.deepEqual([beside.status, beside.body.code], [403, "forbidden"]);

  assert.deepEqual((await weir.list()).map(({ name, users }) => [name, users]), [["my-face.mp4", ["face"]]]);
  const kept = await weir.ask("DELETE", "/api/v1/uploads/my-face.mp4");
  assert.deepEqual([kept.status, kept.body.code], [409, "conflict"]);
  assert.equal((await weir.ask("DELETE", "/api/v1/streams/face")).status, 204);
  assert.equal((await weir.ask("DELETE", "/api/v1/uploads/my-face.mp4")).status, 204);
  assert.equal((await weir.ask("GET", "/api/v1/uploads/my-face.mp4")).status, 404);
  assert.deepEqual(await filesIn(join(weir.dir, "data", "uploads")), []);
});

Deno.test("below a media root clips have a folder of their own, where they are listed with all media", async () => {
  await using weir = await served((dir) => {
    Deno.mkdirSync(join(dir, "media"));
    return { sources: { mediaRoot: join(dir, "media") } };
  });
  const { body } = await weir.send(clipBytes(), "walk.mp4", "application/octet-stream");
  assert.equal(body.source.path, join(weir.dir, "media", "uploads", "walk.mp4"));
  const { body: media } = await weir.ask("GET", "/api/v1/media?path=uploads");
  assert.deepEqual(media.entries.map(({ source }: Answer) => source), [body.source]);
});

Deno.test("several at once, of one name, are all kept whole", async () => {
  await using weir = await served();
  const bytes = clipBytes();
  const answers = await Promise.all([1, 2, 3].map(() => weir.send(bytes)));
  assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201]);
  assert.deepEqual(answers.map(({ body }) => body.name).sort(), ["clip-2.mp4", "clip-3.mp4", "clip.mp4"]);
  for (const { body } of answers) assert.deepEqual(await Deno.readFile(body.source.path), bytes);
});

Deno.test("what is no video, too large, in no form or nothing at all leaves nothing behind", async () => {
  await using weir = await served(() => ({ uploads: { clipBytes: 200_000 } }));
  const folder = join(weir.dir, "data", "uploads");
  const refused = async (
    answer: Promise<{ status: number; body: Answer }>,
    status: number,
    code: string,
    words: RegExp,
  ) => {
    const { status: got, body } = await answer;
    assert.deepEqual([got, body.code], [status, code], JSON.stringify(body));
    assert.match(body.detail, words);
    assert.ok(!JSON.stringify(body).includes(weir.dir), "where files lie is nobody's business");
    assert.deepEqual(await filesIn(folder), []);
  };
  const text = new TextEncoder().encode("#EXTM3U\nfile:///etc/passwd\n".repeat(50));
  await refused(weir.send(text, "list.mp4"), 422, "invalid", /list\.mp4 is no video that can be played/);
  await refused(weir.send(crypto.getRandomValues(new Uint8Array(50_000))), 422, "invalid", /is no video/);
  await refused(weir.send(clipBytes().slice(0, 300)), 422, "invalid", /is no video/);
  await refused(weir.send(new Uint8Array(), "none.mp4"), 422, "invalid", /./);
  // Its length is not announced, and so is not known before it is there.
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(64_000)) });
  await refused(
    weir.ask("POST", "/api/v1/uploads", { body: endless, headers: { "content-type": "video/mp4" } }),
    413,
    "too_large",
    /./,
  );
  await refused(weir.send(new Uint8Array(500_000)), 413, "too_large", /./);
  await refused(weir.send("text", "x", "text/plain"), 415, "unsupported_media_type", /./);
  const two = new FormData();
  two.append("file", new Blob([clipBytes()]), "a.mp4");
  two.append("file", new Blob([clipBytes()]), "b.mp4");
  await refused(weir.ask("POST", "/api/v1/uploads", { body: two }), 422, "invalid", /./);
  const other = new FormData();
  other.append("clip", new Blob([clipBytes()]), "a.mp4");
  await refused(weir.ask("POST", "/api/v1/uploads", { body: other }), 422, "invalid", /./);
  for (const name of ["..%2f..%2fdata%2fweir.db", "%2e%2e", "nobody.mp4"]) {
    assert.equal((await weir.ask("DELETE", `/api/v1/uploads/${name}`)).status, 404, name);
  }
  assert.ok((await filesIn(join(weir.dir, "data"))).includes("weir.db"));
});

Deno.test("an upload that breaks off leaves nothing behind, and its place to others", async () => {
  await using weir = await served();
  const folder = join(weir.dir, "data", "uploads");
  const bytes = clipBytes();
  for (let n = 0; n < 6; n++) {
    const giveUp = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(0, bytes.length / 2)),
    });
    const headers = { "content-type": "video/mp4" };
    const gone = weir.ask("POST", "/api/v1/uploads", { body, headers, signal: giveUp.signal });
    await until(async () => (await filesIn(folder)).length > 0, "the first half has come");
    giveUp.abort();
    await assert.rejects(gone);
    await until(async () => (await filesIn(folder)).length === 0, "the half clip is gone");
  }
  assert.equal((await weir.send(bytes)).status, 201);
});

Deno.test("clips go when they are old or too many, but not those that are played or have only just come", async () => {
  const bytes = clipBytes();
  await using weir = await served(() => ({
    uploads: { keepBytes: Math.max(1024, Math.floor(bytes.length * 3.5)), keepHours: 1 },
  }));
  const ago = async (name: string, minutes: number) => {
    const time = new Date(Date.now() - minutes * 60_000);
    await Deno.utime(join(weir.dir, "data", "uploads", name), time, time);
  };
  for (const name of ["played.mp4", "old.mp4", "older.mp4"]) assert.equal((await weir.send(bytes, name)).status, 201);
  const full = await weir.send(bytes, "more.mp4");
  assert.deepEqual([full.status, full.body.code], [413, "too_large"]);
  assert.match(full.body.detail, /no room for more\.mp4: .* \(uploads\.keepBytes\)/);
  const [played] = (await weir.list()).filter(({ name }) => name === "played.mp4");
  await weir.register("player", { ...played.source, loop: true, pace: "realtime" });
  await ago("played.mp4", 600);
  await ago("older.mp4", 40);
  await ago("old.mp4", 30);
  assert.equal((await weir.send(bytes, "more.mp4")).status, 201);
  assert.deepEqual(
    (await weir.list()).map(({ name }) => name),
    ["more.mp4", "old.mp4", "played.mp4"],
    "the oldest went",
  );
  await ago("old.mp4", 90);
  assert.equal((await weir.send(bytes, "again.mp4")).status, 201);
  assert.deepEqual((await weir.list()).map(({ name }) => name).sort(), ["again.mp4", "more.mp4", "played.mp4"]);
});

Deno.test("what the page of vitals has sent goes when its tab has, and stays while it is read", async () => {
  // Looked after every second.
  await using weir = await served(() => ({ uploads: { unreadMinutes: 0.05 } }));
  const labels = { page: "vitals" };
  const play = async (id: string, name: string) => {
    const { status, body } = await weir.send(clipBytes(), name);
    assert.equal(status, 201, JSON.stringify(body));
    const source = { ...body.source, loop: true, pace: "realtime" };
    const answer = await weir.ask("POST", "/api/v1/streams", {
      body: JSON.stringify({ id, source, pipeline: [], labels }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  };
  // This one's tab could still remove its stream, and no more.
  await play("removed", "removed.mp4");
  await weir.ask("DELETE", "/api/v1/streams/removed");
  await until(async () => (await weir.list()).length === 0, "the clip is gone with its stream");

  const leave = new AbortController();
  const reading = await fetch(`${weir.server.url}/api/v1/events?streams=read`, { signal: leave.signal });
  assert.equal(reading.status, 200);
  for (const id of ["read", "unread"]) await play(id, `${id}.mp4`);
  await until(async () => (await weir.list()).length === 1, "the one that nobody reads is gone");
  assert.deepEqual((await weir.list()).map(({ name, users }) => [name, users]), [["read.mp4", ["read"]]]);
  leave.abort();
  await reading.body!.cancel().catch(() => {});
  await until(async () => (await weir.list()).length === 0, "so is the one that nobody reads any more");
  assert.deepEqual((await weir.ask("GET", "/api/v1/streams")).body.streams, []);
});

Deno.test("viewers send nothing and see nothing of what was sent", async () => {
  const tokens = [{ name: "v", token: "viewer-token-0123456789", role: "viewer" }];
  await using weir = await served(() => ({ auth: { tokens } }));
  const headers = { authorization: "Bearer viewer-token-0123456789", "content-type": "video/mp4" };
  for (
    const [method, path] of [["POST", "uploads"], ["GET", "uploads"], ["GET", "uploads/x"], ["DELETE", "uploads/x"]]
  ) {
    const body = method === "POST" ? clipBytes() : undefined;
    const answer = await weir.ask(method, `/api/v1/${path}`, { headers, body });
    assert.deepEqual([answer.status, answer.body.code], [403, "role"], `${method} ${path}`);
  }
});

const fullDisk = "a full disk refuses a clip, says so, and keeps nothing of it";
Deno.test({
  name: fullDisk,
  ignore: skip(fullDisk, await canMount(), "the right to mount a small disk"),
  fn: async () => {
    const disk = await Deno.makeTempDir({ prefix: "weir-disk-" });
    assert.ok(await mountSmallDisk(disk, 64));
    try {
      await using weir = await served(() => ({ uploads: { directory: disk } }));
      const { status, body } = await weir.send(new Uint8Array(200_000));
      assert.deepEqual([status, body.code], [503, "unavailable"], JSON.stringify(body));
      assert.match(body.detail, /Cannot keep clip\.mp4: the disk is full/);
      assert.deepEqual(await filesIn(disk), []);
    } finally {
      await succeeds("umount", disk);
      await Deno.remove(disk);
    }
  },
});

import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { Role } from "../../src/api/route.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { SseClient } from "../support/sse_client.ts";
import { walkRoles } from "../support/walk_roles.ts";
import { inDirectory } from "../support/in_directory.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const COUNTER = { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 };
const JSON_TYPE = { "content-type": "application/json" };

/** The program as a user starts it, in a directory of its own. */
class Program implements AsyncDisposable {
  /** What it has said to those who run it. */
  log = "";
  #read: Promise<void>;

  private constructor(readonly child: Deno.ChildProcess, readonly url: string, readonly lines: AsyncIterator<string>) {
    this.#read = (async () => {
      for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) this.log += part;
    })();
  }

  static async start(dataDir: string, args: string[] = []): Promise<Program> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", MAIN, "serve", "--port", "0", "--data-dir", dataDir, ...args],
      stdout: "piped",
      stderr: "piped",
      stdin: "null",
      env: { NO_COLOR: "1", WEIR_TOKEN: "" },
    }).spawn();
    const lines = linesOf(child.stdout)[Symbol.asyncIterator]();
    return new Program(child, await nextUrl(lines), lines);
  }

  /** Where it is after the server was started again. */
  async again(): Promise<string> {
    return await nextUrl(this.lines);
  }

  async stop(): Promise<{ code: number; log: string }> {
    try {
      this.child.kill("SIGTERM");
    } catch { /* It has ended by itself. */ }
    // What it still says must be read, or it waits for a reader.
    const rest = (async () => {
      while (!(await this.lines.next()).done);
    })();
    const { code } = await this.child.status;
    await rest;
    await this.#read;
    return { code, log: this.log };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

async function nextUrl(lines: AsyncIterator<string>): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error("The program ended before it said where it is");
    const url = /^Weir \S+ is at (\S+)$/.exec(value)?.[1];
    if (url) return url;
  }
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Waited in vain for ${what}`);
}

const json = async (url: string) => await (await fetch(url)).json();

Deno.test("a stream is registered, watched, changed, and back after the server was killed, with numbers that go on rising", () =>
  inDirectory(async (directory) => {
    await using program = await Program.start(directory);
    let { url } = program;
    assert.deepEqual(await json(`${url}/health`), { status: "ok" });
    assert.deepEqual(await json(`${url}/api/v1/session`), { id: "127.0.0.1", role: "admin", by: "machine" });
    const created = await fetch(`${url}/api/v1/streams`, {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ id: "count", source: COUNTER, pipeline: [{ analyzer: "counter" }] }),
    });
    assert.equal(created.status, 201, await created.clone().text());
    assert.equal(created.headers.get("location"), "/api/v1/streams/count");
    await created.body?.cancel();

    let last: { id: number; seq: number; epoch: number };
    {
      await using events = await SseClient.open(`${url}/stream?types=result`);
      const blocks = await events.events(5);
      const ids = blocks.map(({ id }) => Number(id));
      assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
      const { seq, epoch, outputs } = JSON.parse(blocks.at(-1)!.data!);
      assert.equal(typeof outputs.counter.value, "number");
      last = { id: ids.at(-1)!, seq, epoch };
    }

    const picture = await fetch(`${url}/api/v1/streams/count/frame.jpg?width=160`);
    assert.equal(picture.headers.get("content-type"), "image/jpeg");
    assert.deepEqual([...new Uint8Array(await picture.arrayBuffer()).subarray(0, 2)], [0xff, 0xd8]);

    const patched = await fetch(`${url}/api/v1/streams/count`, {
      method: "PATCH",
      headers: JSON_TYPE,
      body: JSON.stringify({ labels: { site: "north" } }),
    });
    assert.equal((await patched.json()).registration.labels.site, "north");

    const { pid } = await json(`${url}/api/v1/system`);
    Deno.kill(pid, "SIGKILL");
    url = await program.again();
    const back = await until("the stream after the crash", async () => {
      const { streams } = await json(`${url}/api/v1/streams`);
      return streams.find(({ status }: { status?: { state: string } }) => status?.state === "running");
    });
    assert.equal(back.registration.labels.site, "north");
    {
      await using events = await SseClient.open(`${url}/stream?types=result`, { "last-event-id": String(last.id) });
      const [gap, result] = await events.events(2);
      assert.equal(gap.event, "gap");
      assert.deepEqual([JSON.parse(gap.data!).first, JSON.parse(gap.data!).reason], [last.id + 1, "forgotten"]);
      const { seq, epoch } = JSON.parse(result.data!);
      assert.ok(
        Number(result.id) > last.id && seq > last.seq && epoch > last.epoch,
        JSON.stringify({ seq, epoch, last }),
      );
    }

    assert.equal((await fetch(`${url}/api/v1/streams/count`, { method: "DELETE" })).status, 204);
    const gone = await fetch(`${url}/api/v1/streams/count`);
    assert.equal(gone.headers.get("content-type"), "application/problem+json");
    assert.equal((await gone.json()).code, "not_found");
    const { code, log } = await program.stop();
    assert.equal(code, 0, log);
    assert.match(log, /SIGKILL/);
  }));

Deno.test("a client that listens is told when the server stops", () =>
  inDirectory(async (directory) => {
    await using program = await Program.start(directory, ["--demo"]);
    await using events = await SseClient.open(`${program.url}/stream?types=result`);
    await events.events(1);
    program.child.kill("SIGTERM");
    for (let block = await events.next(); block; block = await events.next()) {
      if (block.event !== "closing") continue;
      assert.equal(await events.next(), undefined);
      return;
    }
    assert.fail("the line ended without a word");
  }));

Deno.test("streams of the configuration file are taken over while the server runs, and only what changed is touched", () =>
  inDirectory(async (directory) => {
    const file = join(directory, "weir.yaml");
    const stream = (id: string, label: string) => ({ id, source: COUNTER, labels: { label } });
    const said = (what: RegExp) =>
      until(`${what} in the log`, () => Promise.resolve(what.test(program.log) || undefined));
    // In one piece: whoever reads while it is written would read a half.
    const put = async (text: string) => {
      await Deno.writeTextFile(`${file}.new`, text);
      await Deno.rename(`${file}.new`, file);
    };
    const write = (...streams: unknown[]) => put(JSON.stringify({ streams }));
    await write(stream("a", "one"), stream("b", "one"));
    await using program = await Program.start(join(directory, "data"), ["--config", file]);
    const { url } = program;
    const running = (id: string) =>
      until(`${id} to run`, async () => {
        const view = await json(`${url}/api/v1/streams/${id}`);
        return view.status?.state === "running" ? view : undefined;
      });
    const before = await running("a");
    assert.equal(before.origin, "config");
    const refused = await fetch(`${url}/api/v1/streams/a`, { method: "DELETE" });
    assert.deepEqual([refused.status, (await refused.json()).code], [409, "conflict"]);
    await write(stream("a", "one"), stream("c", "two"));
    await running("c");
    await until("b to go", async () => (await json(`${url}/api/v1/streams/b`)).status === 404 || undefined);
    const after = await running("a");
    assert.deepEqual([after.status.epoch, after.status.sinceMs], [before.status.epoch, before.status.sinceMs]);
    await put("streams: [");
    await said(/Kept what there is: /);
    assert.equal((await running("c")).registration.labels.label, "two");
    await put(JSON.stringify({ streams: [stream("c", "three")], limits: { streams: 5 }, server: { port: 1 } }));
    await said(/Counts from the next start only: limits\.streams/);
    assert.deepEqual(
      (await json(`${url}/api/v1/system`)).restartNeeded,
      ["limits.streams"],
      "flags count more than files",
    );
    assert.equal((await running("c")).registration.labels.label, "three");
  }));

Deno.test("every way in lets in whom its table says and nobody else, and the document of them all is valid", () =>
  inDirectory(async (directory) => {
    const tokens: Record<Role, string> = {
      viewer: "viewer-token-0123456789",
      operator: "operator-token-0123456789",
      admin: "admin-token-0123456789",
    };
    const auth = { tokens: Object.entries(tokens).map(([role, token]) => ({ name: role, token, role })) };
    const limits = { readsPerMinute: 1_000_000, writesPerMinute: 1_000_000 };
    const config = await loadConfig(undefined, { overrides: { auth, limits, server: { port: 0 } } });
    await using log = new Log({ level: "error" });
    await using server = await WeirServer.start({ config, dataDir: directory, version: "0.0.0", log });
    await server.restored;
    assert.ok(server.routes.length > 20);
    assert.deepEqual(await walkRoles({ routes: server.routes, origin: server.url, tokens }), []);
    for (const [role, token] of Object.entries(tokens)) {
      const headers = { authorization: `Bearer ${token}` };
      const session = await fetch(`${server.url}/api/v1/session`, { headers });
      assert.deepEqual(await session.json(), { id: role, role, by: "token" });
    }
    const { valid, errors } = await new Validator().validate(await json(`${server.url}/openapi.json`));
    assert.ok(valid, JSON.stringify(errors));
  }));

Deno.test("what cannot be carried out as configured says so, with the line, and is not tried again", () =>
  inDirectory(async (directory) => {
    const file = join(directory, "weir.yaml");
    await Deno.writeTextFile(file, "server:\n  prot: 9000\n");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", MAIN, "serve", "--config", file, "--data-dir", directory],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), /prot.*\(line 2\)/);
  }));

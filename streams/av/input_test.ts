import assert from "node:assert/strict";
import { SourceError } from "../../src/core/source.ts";
import { makeClip } from "../../tests/support/clips.ts";
import { type Input, type InputOptions, openInput } from "./input.ts";

const never = new AbortController().signal;
const patient = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };

function openFile(path: string): Promise<Input> {
  return openInput({ url: `file:${path}`, protocolWhitelist: "file", ...patient }, never);
}

function failureOf(options: Partial<InputOptions> & { url: string }, signal = never): Promise<SourceError> {
  return openInput({ protocolWhitelist: "file,http,tcp", ...patient, ...options }, signal)
    .then((input) => input[Symbol.asyncDispose]().then(() => assert.fail("it opened")), (error) => error);
}

/** A server that answers every connection with these bytes and then stays silent, or hangs up. */
function serve(bytes: Uint8Array, then: "hang" | "close" | "reset"): AsyncDisposable & { url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      try {
        await connection.read(new Uint8Array(4096));
        for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
        if (then === "close") connection.close();
      } catch {
        // The client has had enough.
      }
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/live.ts?token=secret`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // Closed already.
        }
      }
    },
  };
}

const header = (line: string) => new TextEncoder().encode(`HTTP/1.1 ${line}\r\nContent-Type: video/mp2t\r\n\r\n`);

function response(path: string): Uint8Array {
  return Uint8Array.of(...header("200 OK"), ...Deno.readFileSync(path));
}

for (
  const [status, code] of [["401 Unauthorized", "unauthorized"], ["403 Forbidden", "forbidden"], [
    "404 Not Found",
    "not_found",
  ]] as const
) {
  Deno.test(`a server that answers ${status} is told as ${code}, without the credentials in the address`, async () => {
    await using server = serve(header(status), "close");
    const failure = await failureOf({ url: server.url });
    assert.ok(failure instanceof SourceError);
    assert.equal(failure.code, code);
    assert.ok(failure.hopeless);
    assert.match(failure.message, /^Cannot open http:\/\/127\.0\.0\.1:\d+\/live\.ts\?token=\*\*\*: /);
  });
}

Deno.test("nobody listening is told as refused", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const failure = await failureOf({ url: `http://127.0.0.1:${port}/` });
  assert.equal(failure.code, "refused", failure.message);
});

Deno.test("a protocol or demuxer that is not allowed or not there is unsupported", async () => {
  assert.equal((await failureOf({ url: "file:/etc/hostname", protocolWhitelist: "http" })).code, "unsupported");
  assert.equal((await failureOf({ url: "nonsense://host/1" })).code, "unsupported");
  assert.equal((await failureOf({ url: "file:/dev/null", format: "nonsense" })).code, "unsupported");
});

Deno.test("an open that nobody answers ends by its timeout", async () => {
  await using server = serve(new Uint8Array(), "hang");
  const failure = await failureOf({ url: server.url, openTimeoutMs: 200 });
  assert.equal(failure.code, "timeout", failure.message);
  assert.ok(!failure.hopeless);
});

Deno.test("an open that nobody answers ends by FFmpeg's own timeout, too", async () => {
  await using server = serve(new Uint8Array(), "hang");
  const failure = await failureOf({ url: server.url, options: { rw_timeout: "200000" } });
  assert.equal(failure.code, "timeout", String(failure));
});

Deno.test("an open is aborted at once", async () => {
  await using server = serve(new Uint8Array(), "hang");
  const stop = new AbortController();
  const failure = failureOf({ url: server.url }, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  assert.match((await failure).message, /enough/);
  assert.match((await failureOf({ url: server.url }, stop.signal)).message, /enough/);
});

Deno.test("a live stream that falls silent times out after its last packet", async () => {
  await using server = serve(response(makeClip({ container: "ts" })), "hang");
  await using input = await openInput(
    { url: server.url, protocolWhitelist: "http,tcp", openTimeoutMs: 20_000, readTimeoutMs: 3000 },
    never,
  );
  assert.ok(input.properties.live);
  let packets = 0;
  const failure = await (async () => {
    for (;;) {
      await input.readPacket();
      packets++;
    }
  })().catch((error) => error);
  assert.equal(failure.code, "timeout", failure.message);
  assert.ok(packets >= 45, `${packets} packets`);
});

Deno.test("a live stream that ends is a failure: closed", async () => {
  await using server = serve(response(makeClip({ container: "ts" })), "close");
  await using input = await openInput({ url: server.url, protocolWhitelist: "http,tcp", ...patient }, never);
  let packets = 0;
  const failure = await (async () => {
    for (;;) {
      await input.readPacket();
      packets++;
    }
  })().catch((error) => error);
  assert.equal(failure.code, "closed", failure.message);
  assert.equal(packets, 50);
});

Deno.test("a read is aborted at once, and closing waits for it", async () => {
  await using server = serve(response(makeClip({ container: "ts" })), "hang");
  const stop = new AbortController();
  const input = await openInput({ url: server.url, protocolWhitelist: "http,tcp", ...patient }, stop.signal);
  const reading = (async () => {
    for (;;) await input.readPacket();
  })().catch((error) => error);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  assert.match((await reading).message, /enough/);
  await Promise.all([input[Symbol.asyncDispose](), input[Symbol.asyncDispose]()]);
});

Deno.test("packets tell their role, their time and when they are to be decoded", async () => {
  await using input = await openFile(makeClip({ bframes: 2, gop: 10 }));
  const packets: { ptsUs: number; dtsUs: number; role: string }[] = [];
  for (let packet = input.readPacketSync(); packet !== "ended"; packet = input.readPacketSync()) {
    const { ptsUs, dtsUs, role } = packet;
    packets.push({ ptsUs, dtsUs, role });
  }
  assert.equal(packets.length, 50);
  assert.deepEqual(
    packets.filter(({ role }) => role === "key").map(({ ptsUs }) => ptsUs),
    [0, 400_000, 800_000, 1_200_000, 1_600_000],
  );
  assert.ok(packets.every(({ dtsUs }, index) => index === 0 || dtsUs > packets[index - 1].dtsUs));
  assert.deepEqual(
    packets.map(({ ptsUs }) => ptsUs).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, index) => index * 40_000),
  );
});

Deno.test("a file is read again from its start", async () => {
  await using input = await openFile(makeClip({ frames: 10 }));
  for (let round = 0; round < 3; round++) {
    let packets = 0;
    for (let packet = input.readPacketSync(); packet !== "ended"; packet = input.readPacketSync()) {
      if (packets === 0) assert.equal(packet.role, "key");
      packets++;
    }
    assert.equal(packets, 10);
    input.rewind();
  }
});

function kernelView(): { descriptors: number; threads: number } {
  return {
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    threads: [...Deno.readDirSync("/proc/self/task")].length,
  };
}

/** The runtime opens some of its own while a machine is busy; two hundred left behind would be far more. */
const SPARE = 20;

Deno.test({
  name: "opening and closing two hundred times leaves no descriptor and no thread behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const path = makeClip();
    const round = async () => {
      await using input = await openFile(path);
      input.readPacketSync();
    };
    for (let index = 0; index < 20; index++) await round();
    const before = kernelView();
    for (let index = 0; index < 200; index++) await round();
    const after = kernelView();
    assert.ok(after.descriptors <= before.descriptors + SPARE, JSON.stringify({ before, after }));
    assert.ok(after.threads <= before.threads + SPARE, JSON.stringify({ before, after }));
  },
});

Deno.test({
  name: "failing to open two hundred times leaves no descriptor and no thread behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = serve(header("404 Not Found"), "close");
    for (let index = 0; index < 20; index++) await failureOf({ url: server.url });
    const before = kernelView();
    for (let index = 0; index < 200; index++) await failureOf({ url: server.url });
    const after = kernelView();
    assert.ok(after.descriptors <= before.descriptors + SPARE, JSON.stringify({ before, after }));
    assert.ok(after.threads <= before.threads + SPARE, JSON.stringify({ before, after }));
  },
});

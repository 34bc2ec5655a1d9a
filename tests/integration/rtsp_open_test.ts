import assert from "node:assert/strict";
import type { SourceErrorCode } from "../../src/core/source.ts";
import type { Fault } from "../support/faults.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertFailed, assertNoPictures, rtspCamera, SECRET } from "../support/rtsp_camera.ts";
import type { Camera } from "../support/rtsp_connection.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";

const USER = `operator:${SECRET}`;
const ready = { credentials: { scheme: "digest", username: "operator", password: SECRET } } as const;

interface Case {
  name: string;
  camera?: Camera;
  faults?: Fault[];
  userinfo?: string;
  code: SourceErrorCode;
  message: RegExp;
}

const CASES: Case[] = [
  {
    name: "no credentials",
    camera: ready,
    userinfo: "",
    code: "unauthorized",
    message: /^Cannot open rtsp:\/\/127\.0\.0\.1:\d+\/\d+: 401 Unauthorized$/,
  },
  {
    name: "a wrong password, Digest",
    camera: ready,
    userinfo: `operator:${SECRET}-wrong`,
    code: "unauthorized",
    message: /^Cannot open rtsp:\/\/\*\*\*@127\.0\.0\.1:\d+\/\d+: 401 Unauthorized$/,
  },
  {
    name: "a wrong password, Basic",
    camera: { credentials: { ...ready.credentials, scheme: "basic" } },
    userinfo: `operator:${SECRET}-wrong`,
    code: "unauthorized",
    message: /401 Unauthorized$/,
  },
  { name: "401 at SETUP", faults: [status("SETUP", 401)], code: "unauthorized", message: /401/ },
  { name: "403", faults: [status("DESCRIBE", 403)], code: "forbidden", message: /403 Forbidden$/ },
  { name: "403 at PLAY", faults: [status("PLAY", 403)], code: "forbidden", message: /403/ },
  { name: "404", faults: [status("DESCRIBE", 404)], code: "not_found", message: /404 Not Found$/ },
  { name: "500", faults: [status("DESCRIBE", 500)], code: "failed", message: /\(5xx\)$/ },
  { name: "500 at PLAY", faults: [status("PLAY", 500)], code: "failed", message: /\(5xx\)$/ },
  {
    name: "silence after connecting",
    faults: [{ kind: "hang", after: "connect" }],
    code: "timeout",
    message: /no answer/,
  },
  {
    name: "silence after OPTIONS",
    faults: [{ kind: "hang", after: "OPTIONS" }],
    code: "timeout",
    message: /no answer/,
  },
  {
    name: "silence after DESCRIBE",
    faults: [{ kind: "hang", after: "DESCRIBE" }],
    code: "timeout",
    message: /no answer/,
  },
  { name: "silence after SETUP", faults: [{ kind: "hang", after: "SETUP" }], code: "timeout", message: /no answer/ },
  { name: "silence after PLAY", faults: [{ kind: "hang", after: "PLAY" }], code: "timeout", message: /no answer/ },
  {
    name: "an announced body that never comes",
    faults: [{ kind: "content-length", add: 50 }],
    code: "timeout",
    message: /no answer/,
  },
  { name: "FIN for an answer to DESCRIBE", faults: [drop("DESCRIBE", "fin")], code: "closed", message: /broke off/ },
  { name: "RST for an answer to DESCRIBE", faults: [drop("DESCRIBE", "rst")], code: "closed", message: /broke off/ },
  { name: "FIN for an answer to OPTIONS", faults: [drop("OPTIONS", "fin")], code: "closed", message: /ended/ },
  { name: "FIN for an answer to SETUP", faults: [drop("SETUP", "fin")], code: "closed", message: /broke off/ },
  { name: "RST for an answer to SETUP", faults: [drop("SETUP", "rst")], code: "closed", message: /broke off/ },
  { name: "FIN for an answer to PLAY", faults: [drop("PLAY", "fin")], code: "closed", message: /broke off/ },
  { name: "RST for an answer to PLAY", faults: [drop("PLAY", "rst")], code: "closed", message: /broke off/ },
  { name: "sound only", camera: { description: "sound-only" }, code: "no_video", message: /it has no video$/ },
];

function status(on: "DESCRIBE" | "SETUP" | "PLAY", code: number): Fault {
  return { kind: "status", on, status: code };
}

function drop(on: "OPTIONS" | "DESCRIBE" | "SETUP" | "PLAY", how: "fin" | "rst"): Fault {
  return { kind: "drop", on, how };
}

Deno.test("a camera that cannot be opened says why", async (t) => {
  const cameras = Object.fromEntries(CASES.map(({ camera, faults }, index) => [String(index), { ...camera, faults }]));
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 50 }) }, cameras });
  const tried = CASES.flatMap((each, index) =>
    ["tcp", "udp"].map((transport) => {
      const url = server.url(String(index), each.userinfo ?? USER);
      const started = performance.now();
      // Only who waits for nothing needs an early end; the others must not meet it on a busy machine.
      const source = rtspCamera(url, { transport, openTimeoutMs: each.code === "timeout" ? 3000 : 60_000 });
      const ended = new RtspRecorder().run(source).then((end) => ({ end, tookMs: performance.now() - started }));
      return { each, transport, ended };
    })
  );
  const ends = await Promise.all(tried.map(async (run) => ({ ...run, ...await run.ended })));
  for (const { each, transport, end, tookMs } of ends) {
    await t.step(`${each.name}, over ${transport}: ${each.code}`, () => {
      assertFailed(end, each.code, each.message);
      assert.ok(tookMs < 50_000, `it took ${tookMs} ms`);
    });
  }
  await server.allClosed();
  assertNoPictures();
});

Deno.test("a redirect within the camera is followed", async () => {
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 50 }) }, cameras: { new: ready } });
  await server.set("old", { faults: [{ kind: "status", on: "DESCRIBE", status: 302, location: server.url("new") }] });
  const recorder = new RtspRecorder({ pictures: 5 });
  assert.equal(await recorder.run(rtspCamera(server.url("old", USER))), "aborted");
  assert.equal(recorder.pictures, 5);
});

Deno.test("a redirect to another place is not followed, whenever it comes", async (t) => {
  const tracks = { main: makeTrack({ frames: 50 }) };
  await using other = await RtspRemote.start({ tracks, cameras: { inside: {} } });
  await using server = await RtspRemote.start({ tracks, cameras: {} });
  const location = other.url("inside");
  for (const on of ["OPTIONS", "DESCRIBE"] as const) {
    for (const code of [301, 302]) {
      await t.step(`${code} to ${on}`, async () => {
        const faults: Fault[] = [{ kind: "status", on, status: code, location }];
        await server.set("gate", { faults });
        assertFailed(await new RtspRecorder().run(rtspCamera(server.url("gate", USER))), "denied", /redirects/);
      });
    }
  }
  await t.step("in a circle", async () => {
    const circle: Fault = { kind: "status", on: "DESCRIBE", status: 302, location: server.url("gate") };
    await server.set("gate", { faults: [circle] });
    assertFailed(await new RtspRecorder().run(rtspCamera(server.url("gate", USER))), "invalid", /again and again/);
  });
  assert.equal((await other.stats()).connections, 0, "the place it points to was contacted");
});

Deno.test("a camera that is not there yet is refused, and found once it is there", async () => {
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 50 }) }, cameras: { gate: {} } });
  await server.refuse();
  const url = server.url("gate", USER);
  assertFailed(await new RtspRecorder().run(rtspCamera(url)), "refused", /\*\*\*@127.*: connection refused$/);
  await server.listen();
  const recorder = new RtspRecorder({ pictures: 5 });
  assert.equal(await recorder.run(rtspCamera(url)), "aborted");
  assert.equal(recorder.pictures, 5);
});

Deno.test("hosts that are unknown, speak another language or do not answer are told apart", async (t) => {
  await t.step("unknown", async () => {
    const end = await new RtspRecorder().run(rtspCamera(`rtsp://${USER}@no-such-host.invalid/1`));
    assertFailed(end, "unknown_host", /the host no-such-host\.invalid is unknown$/);
  });
  await t.step("a web server", async () => {
    await using web = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("hello"));
    const end = await new RtspRecorder().run(rtspCamera(`rtsp://${USER}@127.0.0.1:${web.addr.port}/1`));
    assertFailed(end, "invalid", /does not speak RTSP$/);
  });
  await t.step("a port that takes no connection", async () => {
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1", tcpBacklog: 1 });
    const { port } = listener.addr as Deno.NetAddr;
    const waiting = Array.from({ length: 4 }, () => {
      const controller = new AbortController();
      return {
        controller,
        made: Deno.connect({ port, hostname: "127.0.0.1", signal: controller.signal }).catch(() => undefined),
      };
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const url = `rtsp://${USER}@127.0.0.1:${port}/1`;
    const end = await new RtspRecorder().run(rtspCamera(url, { openTimeoutMs: 500 }));
    for (const { controller, made } of waiting) {
      controller.abort();
      (await made)?.close();
    }
    assertFailed(end, "timeout", /within \d+ ms$/);
  });
});

Deno.test("an abort ends opening at once, at whatever step it waits", async () => {
  const steps = ["connect", "OPTIONS", "DESCRIBE", "SETUP", "PLAY"] as const;
  const cameras = Object.fromEntries(steps.map((after) => [after, { faults: [{ kind: "hang", after }] as Fault[] }]));
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 50 }) }, cameras });
  const stop = new AbortController();
  const runs = steps.map((step) => {
    const source = rtspCamera(server.url(step), { openTimeoutMs: 60_000, readTimeoutMs: 60_000 });
    return new RtspRecorder().run(source, stop.signal);
  });
  const before = new AbortController();
  before.abort();
  assert.equal(await new RtspRecorder().run(rtspCamera(server.url("connect")), before.signal), "aborted");
  setTimeout(() => stop.abort(), 300);
  const started = performance.now();
  assert.deepEqual(await Promise.all(runs), steps.map(() => "aborted"));
  assert.ok(performance.now() - started < 50_000);
});

import assert from "node:assert/strict";
import { GuestTcp } from "../support/guest_tcp.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { until } from "../support/until.ts";

const LINUX = Deno.build.os === "linux";
const DESCRIPTORS = new URL("../../src/api/http/descriptors.ts", import.meta.url).href;
const LISTENER = new URL("../../src/api/http/listener.ts", import.meta.url).href;
const PRLIMIT = LINUX && await prlimit("--version").then(() => true, () => false);
const JSON_TYPE = { "content-type": "application/json" };

async function prlimit(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("prlimit", { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

/** Runs a program that may have 200 descriptors. */
async function withFew(script: string, permissions: string[]): Promise<{ code: number; stdout: string }> {
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", ...permissions, "-"];
  const args = ["-c", 'ulimit -n 200 && exec "$0" "$@"', ...run];
  const child = new Deno.Command("sh", { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "a server that ran out of descriptors takes callers in again once there are some, its streams untouched",
  ignore: !PRLIMIT,
  async fn() {
    await using server = await ServedWeir.start();
    const source = { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 };
    const body = JSON.stringify({ id: "count", source, pipeline: [{ analyzer: "counter" }] });
    // A machine that is busy with other things may be too slow for the first thread.
    const asked = () => server.json("/api/v1/streams", { method: "POST", headers: JSON_TYPE, body });
    await until(() => asked().then(() => true, () => false), "the stream is taken on");
    await server.firstResult("count");
    const { pid } = await server.json("/api/v1/system");
    const port = Number(new URL(server.url).port);
    const held = () => [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
    // As if cameras and files had taken the others.
    const most = held() + 20;
    await prlimit("--pid", `${pid}`, `--nofile=${most}:${most}`);
    // The system lets those wait whom the server has no descriptor for.
    const crowd = await Promise.all(Array.from({ length: 60 }, () => GuestTcp.open(port)));
    await until(() => held() >= most, "it has no descriptor left");
    for (const guest of crowd) guest[Symbol.dispose]();
    let stream;
    await until(async () => {
      // Who comes while it is deaf is not heard, only who comes later; and whoever is in already always was.
      using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      const init = { client, signal: AbortSignal.timeout(2000) };
      stream = await server.json("/api/v1/streams/count", init).catch(() => undefined);
      return stream !== undefined;
    }, "it answers again");
    const { status: { state, epoch } } = stream!;
    assert.deepEqual([state, epoch], ["running", 1]);
    assert.equal((await server.json("/api/v1/system")).pid, pid);
  },
});

Deno.test({
  name: "a server whose descriptors never come back asks for a fresh process",
  ignore: !LINUX,
  async fn() {
    const script = `
      const { Listener } = await import(${JSON.stringify(LISTENER)});
      const api = { answer: () => new Response("well"), refuse: () => new Response("no") };
      const faults = [];
      // As the server does: the runtime wants descriptors for it.
      Deno.addSignalListener("SIGTERM", () => {});
      await Listener.start({
        api, hostname: "127.0.0.1", port: 0, knockMs: 20, deafMs: 200,
        onFault: (error) => faults.push(error.message),
        onDeaf() {
          console.log(faults[0]);
          Deno.exit(75);
        },
      });
      for (;;) try { Deno.openSync("/dev/null"); } catch { break; }`;
    const { code, stdout } = await withFew(script, ["-A"]);
    assert.match(stdout, /^Nobody could come in at http:\/\/127\.0\.0\.1:\d+ any more/);
    assert.equal(code, 75);
  },
});

Deno.test({
  name: "how many descriptors there are is known with the few permissions that a server has",
  ignore: !LINUX,
  async fn() {
    const script = `console.log((await import(${JSON.stringify(DESCRIPTORS)})).connectionsBySystem())`;
    assert.equal((await withFew(script, ["-R", "--allow-ffi"])).stdout.trim(), "150");
    assert.equal((await withFew(script, ["-R"])).stdout.trim(), "Infinity");
  },
});

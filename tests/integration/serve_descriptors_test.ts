import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GuestTcp } from "../support/guest_tcp.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { until } from "../support/until.ts";

const LINUX = Deno.build.os === "linux";
const DESCRIPTORS = fileURLToPath(new URL("../../src/api/http/descriptors.ts", import.meta.url));
const PRLIMIT = LINUX && await prlimit("--version").then(() => true, () => false);
const JSON_TYPE = { "content-type": "application/json" };

async function prlimit(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("prlimit", { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

Deno.test({
  name: "a server that ran out of descriptors takes callers in again once there are some, its streams untouched",
  ignore: !PRLIMIT,
  async fn() {
    await using server = await ServedWeir.start();
    const source = { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 };
    const body = JSON.stringify({ id: "count", source, pipeline: [{ analyzer: "counter" }] });
    await server.json("/api/v1/streams", { method: "POST", headers: JSON_TYPE, body });
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
  name: "how many descriptors there are is known with the few permissions that a server has",
  ignore: !LINUX,
  async fn() {
    const script = `console.log((await import(${JSON.stringify(DESCRIPTORS)})).connectionsBySystem())`;
    const told = async (...permissions: string[]) => {
      const few = ["-c", 'ulimit -n 200 && exec "$0" "$@"', Deno.execPath(), "run", "--quiet", "--no-prompt"];
      const command = new Deno.Command("sh", {
        args: [...few, "--no-check", ...permissions, "-"],
        stdin: "piped",
        stdout: "piped",
      });
      const child = command.spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(script));
      await writer.close();
      return new TextDecoder().decode((await child.output()).stdout).trim();
    };
    assert.equal(await told("-R", "--allow-ffi"), "150");
    assert.equal(await told("-R"), "Infinity");
  },
});

import assert from "node:assert/strict";
import { SourceError } from "../../src/core/source.ts";
import { reach, resolveHost } from "./reach.ts";

const never = new AbortController().signal;
const target = (host: string, port: number) => ({ host, port, url: `rtsp://***@${host}/1`, timeoutMs: 5000 });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "reached";
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    assert.match(error.message, /^Cannot open rtsp:\/\/\*\*\*@/);
    return error.code;
  }
}

Deno.test("a host that listens is reached, by address and by name", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  for (const host of ["127.0.0.1", "localhost"]) {
    const socket = await reach(target(host, port), never);
    using _connection = await listener.accept();
    socket.destroy();
  }
});

Deno.test("a closed port and an unknown host are told apart", async () => {
  assert.equal(await codeOf(reach(target("127.0.0.1", 1), never)), "refused");
  assert.equal(await codeOf(reach(target("no-such-host.invalid", 80), never)), "unknown_host");
});

Deno.test("a port that takes no connections is given up in time", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr as Deno.NetAddr;
  const held = await Promise.all([1, 2].map(() => reach(target("127.0.0.1", port), never)));
  const started = performance.now();
  assert.equal(await codeOf(reach({ ...target("127.0.0.1", port), timeoutMs: 200 }, never)), "timeout");
  assert.ok(performance.now() - started < 60_000);
  for (const socket of held) socket.destroy();
});

Deno.test("an abort ends it with its own reason", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr as Deno.NetAddr;
  const held = await Promise.all([1, 2].map(() => reach(target("127.0.0.1", port), never)));
  const stop = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => stop.abort(reason), 50);
  await assert.rejects(reach(target("127.0.0.1", port), stop.signal), reason);
  await assert.rejects(reach(target("127.0.0.1", port), stop.signal), reason);
  for (const socket of held) socket.destroy();
});

Deno.test("a name is refused for any address that it stands for", async () => {
  const refuse = (address: string) => address === "127.0.0.1" ? `${address} is not wanted` : undefined;
  assert.equal(await codeOf(resolveHost({ host: "localhost", url: "rtsp://***@localhost", refuse })), "denied");
  assert.equal(await codeOf(reach({ ...target("127.0.0.1", 80), refuse }, never)), "denied");
});

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Gate } from "../support/gate.ts";
import { assertNothingAmiss } from "../support/guest_events.ts";
import { GuestProcess } from "../support/guest_process.ts";
import { GuestServer } from "../support/guest_server.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

const PROGRAM = fileURLToPath(new URL("../support/guests/sse_resume.py", import.meta.url));
const COUNTER = { kind: "scene", scene: "counter", fps: 20, width: 64, height: 64 };
const python = await guestPython();

const name = "sseclient-py comes back with Last-Event-ID after the line was cut and after the server was started again";
Deno.test({
  name,
  ignore: skip(name, python !== undefined, "Python 3 with venv, and sseclient-py from PyPI"),
  async fn() {
    await using server = await GuestServer.start();
    await server.run({ id: "count", source: COUNTER });
    await using gate = new Gate(server.port);
    gate.open();
    await using client = new GuestProcess(python!, [PROGRAM, `http://127.0.0.1:${gate.port}/stream`]);
    const seen = () =>
      client.lines.filter(({ event }) => event !== undefined && event !== "closing")
        .map(({ id, event, data }) => ({ position: Number(id), type: event, data }));
    const opened = () => client.lines.filter((line) => "open" in line).length;
    const more = async (count: number) => {
      const before = seen().length;
      await until(
        () => seen().length >= before + count,
        () => `${count} more events: ${JSON.stringify(client.lines.at(-1))}`,
      );
    };
    await more(10);
    for (let cut = 0; cut < 3; cut++) {
      await gate.shut();
      gate.open();
      await more(10);
    }
    const before = seen();
    assert.ok(before.every(({ type }) => type !== "gap"), "the log is long enough for what was cut");
    await server.stop();
    await until(() => client.lines.some(({ event }) => event === "closing"), "it is told that the server stops");
    await server.begin();
    await until(() => seen().some(({ type }) => type === "gap"), "it is told what the new log has forgotten");
    await more(10);
    assert.ok(opened() >= 5, `${opened()} connections`);
    assertNothingAmiss(seen());
    const [gap, ...others] = seen().filter(({ type }) => type === "gap");
    assert.deepEqual([gap.data.reason, others], ["forgotten", []]);
  },
});

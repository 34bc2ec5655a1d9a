import assert from "node:assert/strict";
import { Kills } from "../../actors/kills.ts";
import { StreamWorkers } from "../../actors/stream_workers.ts";
import { Weir } from "../../src/app.ts";
import type { StateEvent } from "../../src/core/stream.ts";
import { parseSourceConfig } from "../../streams/sources/registry.ts";
import { balanced } from "../support/balanced.ts";
import { inDirectory } from "../support/in_directory.ts";
import { until } from "../support/until.ts";

Deno.test("streams that come at once are spread evenly, though no thread is up yet", async () => {
  const ports: MessagePort[] = [];
  const workers = new StreamWorkers({
    limit: 2,
    answerTimeoutMs: 1000,
    deafMs: 60_000,
    kills: new Kills({ onLeakBound() {} }),
    dispatcherPort() {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      return port2;
    },
    joined() {},
    hear() {},
    down() {},
  });
  const slots = await Promise.all(Array.from({ length: 10 }, (_, n) => workers.slot(`s${n}`)));
  assert.equal(new Set(slots).size, 2);
  assert.deepEqual(workers.slots.map(({ streams }) => streams.size), [5, 5]);
  await workers.stop({ deadlineMs: 10_000 });
  for (const port of ports) port.close();
});

/** An analyzer that at its third frame never comes back, the first time. */
const stuck = (mark: string) => `
  export default { kind: "stuck", describe: "a test", create: () => {
    let frames = 0;
    return { reset() {}, push() {
      if (++frames === 3 && !Deno.readTextFileSync(${JSON.stringify(mark)})) {
        Deno.writeTextFileSync(${JSON.stringify(mark)}, "stuck");
        for (;;);
      }
      return { frames };
    } };
  } };`;

Deno.test("a thread in which something never comes back is replaced, and its cameras go on in another", () =>
  inDirectory(async (folder) => {
    const [plugin, mark] = [`${folder}/stuck.ts`, `${folder}/mark`];
    await Deno.writeTextFile(mark, "");
    await Deno.writeTextFile(plugin, stuck(mark));
    await using weir = await Weir.start({ streamWorkers: 1, deafMs: 8000, plugins: [plugin] });
    const epochs = new Map<string, number>();
    const states: StateEvent[] = [];
    const warnings: string[] = [];
    weir.results$.subscribe(({ stream, epoch }) => epochs.set(stream, epoch));
    weir.states$.subscribe((event) => states.push(event));
    weir.warnings$.subscribe((text) => warnings.push(text));
    const source = parseSourceConfig({
      kind: "camera",
      format: "lavfi",
      device: "testsrc2=size=64x64:rate=25,realtime",
    });
    const policy = { mode: "latest" as const, weight: 1, capacity: 4 };
    await weir.add({ id: "neighbour", source, pipeline: [], policy, labels: {} });
    await until(() => epochs.get("neighbour") === 1, "the neighbour");
    await weir.add({ id: "stuck", source, pipeline: [{ analyzer: "stuck" }], policy, labels: {} });
    for (const id of ["stuck", "neighbour"]) {
      await until(() => epochs.get(id) === 2, `${id} goes on`);
      balanced(await weir.status(id));
    }
    assert.equal(weir.leaks.kills, 1);
    assert.match(warnings.join(), /A thread with 2 streams is gone: it answered nothing for 8000 ms/);
    assert.ok(states.every(({ state }) => state !== "failed"));
  }));

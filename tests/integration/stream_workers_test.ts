import assert from "node:assert/strict";
import { Kills } from "../../actors/kills.ts";
import { StreamWorkers } from "../../actors/stream_workers.ts";

Deno.test("streams that come at once are spread evenly, though no thread is up yet", async () => {
  const ports: MessagePort[] = [];
  const workers = new StreamWorkers({
    limit: 2,
    answerTimeoutMs: 1000,
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

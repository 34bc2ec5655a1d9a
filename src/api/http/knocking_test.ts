import assert from "node:assert/strict";
import { Knocking } from "./knocking.ts";
import { until } from "../../../tests/support/until.ts";

const QUICK = { hostname: "127.0.0.1", everyMs: 10, patienceMs: 100 };

Deno.test("a knock that is taken in is known for what it is, and comes again while nobody else does", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const said: string[] = [];
  let [own, deaf] = [0, 0];
  using knocking = new Knocking({
    ...QUICK,
    port: listener.addr.port,
    patienceMs: 60_000,
    onOwn: (peer) => said.push(peer),
    onDeaf: () => deaf++,
  });
  const taking = (async () => {
    while (own < 3) {
      using connection = await listener.accept();
      const { hostname, port } = connection.remoteAddr;
      const peer = `${hostname} ${port}`;
      // Whichever of the two is known first.
      await until(() => said.includes(peer), "the knock says that it is one");
      if (knocking.heard(peer)) own++;
    }
  })();
  await taking;
  assert.equal(deaf, 0);
  assert.equal(knocking.heard("127.0.0.1 1"), false);
});

Deno.test("a door at which nobody answers is deaf, told with for how long, until somebody was let in", async () => {
  // The system takes connections for it, and nobody ever fetches them.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const times: number[] = [];
  const onDeaf = (sinceMs: number) => void times.push(sinceMs);
  using knocking = new Knocking({ ...QUICK, port: listener.addr.port, onOwn() {}, onDeaf });
  await until(() => times.length === 2, "two knocks in vain");
  assert.equal(times[0], 0);
  assert.ok(times[1] > 0);
  knocking.heard("127.0.0.1 1");
  await until(() => times.length === 3, "another one");
  assert.equal(times[2], 0);
});

Deno.test("a door that is not there is deaf, too", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  let deaf = 0;
  using _knocking = new Knocking({ ...QUICK, port, patienceMs: 60_000, onOwn() {}, onDeaf: () => deaf++ });
  await until(() => deaf > 0, "it is refused");
});

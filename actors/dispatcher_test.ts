import assert from "node:assert/strict";
import { until } from "../tests/support/until.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { AskMessage, GrantMessage, OfferMessage } from "./protocol.ts";

/** An end of a channel that delivers what the test says, even after it was closed, as real ones may. */
class FakePort {
  readonly sent: unknown[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  close(): void {}

  hear(data: OfferMessage | AskMessage): void {
    this.onmessage?.({ data });
  }

  get port(): MessagePort {
    return this as unknown as MessagePort;
  }
}

const offer = (key: number, stream: string): OfferMessage => ({
  type: "offer",
  key,
  model: "m",
  stream,
  deadlineMs: Infinity,
  weight: 1,
  late: false,
});
const ask = (batch: number): AskMessage => ({
  batch,
  room: 1,
  freeInMs: 0,
  leadMs: 0,
  expectedMs: 10,
  maxDelayMs: 0,
});

Deno.test("an offer of a stream worker that is gone takes nobody's turn, however late it comes", () => {
  const dispatcher = new Dispatcher();
  const [dead, alive, replica] = [new FakePort(), new FakePort(), new FakePort()];
  dispatcher.addStreams(1, dead.port);
  dispatcher.addStreams(2, alive.port);
  dispatcher.addReplica(7, "m", replica.port);
  dispatcher.removeStreams(1);
  assert.deepEqual(replica.sent, [{ type: "void" }]);
  replica.hear(ask(1));
  dead.hear(offer(5, "gone"));
  assert.deepEqual(dispatcher.depths(), { m: 0 }, "it does not wait, either");
  alive.hear(offer(9, "here"));
  assert.deepEqual((alive.sent as GrantMessage[]).map(({ keys, replica, batch }) => ({ keys, replica, batch })), [
    { keys: [9], replica: 7, batch: 1 },
  ]);
  dispatcher.close();
});

Deno.test("an ask of a replica that is gone is granted nothing, however late it comes", () => {
  const dispatcher = new Dispatcher();
  const [alive, gone, here] = [new FakePort(), new FakePort(), new FakePort()];
  dispatcher.addStreams(2, alive.port);
  dispatcher.addReplica(7, "m", gone.port);
  dispatcher.addReplica(8, "m", here.port);
  dispatcher.removeReplica(7);
  alive.hear(offer(9, "here"));
  gone.hear(ask(3));
  assert.deepEqual(alive.sent, []);
  here.hear(ask(1));
  assert.deepEqual((alive.sent as GrantMessage[]).map(({ replica }) => replica), [8]);
  dispatcher.close();
});

Deno.test("what nobody waits for is granted when no frame waits and no replica is at work, one at a time", async () => {
  const dispatcher = new Dispatcher();
  const [streams, main, other] = [new FakePort(), new FakePort(), new FakePort()];
  dispatcher.addStreams(1, streams.port);
  dispatcher.addReplica(7, "m", main.port);
  dispatcher.addReplica(8, "tried", other.port);
  const granted = () => (streams.sent as GrantMessage[]).map(({ keys, replica }) => [replica, ...keys]);
  const spare = (key: number) => ({ ...offer(key, "~cam"), model: "tried", spare: true }) as OfferMessage;
  other.hear(ask(1));
  streams.hear(spare(1));
  assert.deepEqual(granted(), [], "a replica that has not asked has something to do");
  main.hear(ask(1));
  assert.deepEqual(granted(), [[8, 1]]);
  streams.hear(spare(2));
  assert.deepEqual(granted(), [[8, 1]], "one is under way");

  // It runs, and says when it will be free; a frame comes meanwhile and goes first.
  other.hear({ ...ask(2), freeInMs: 30 });
  streams.hear(offer(3, "cam"));
  assert.deepEqual(granted(), [[8, 1], [7, 3]]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(granted(), [[8, 1], [7, 3]], "the frame's replica has not asked again");
  main.hear({ ...ask(2), freeInMs: 30 });
  streams.hear(offer(4, "cam"));
  assert.deepEqual(granted().at(-1), [7, 4]);
  main.hear(ask(3));
  assert.deepEqual(granted(), [[8, 1], [7, 3], [7, 4], [8, 2]]);

  other.hear(ask(3));
  streams.hear({ type: "withdraw", key: 5 });
  main.hear({ ...ask(4), freeInMs: 40 });
  streams.hear(spare(6));
  assert.equal(granted().length, 4, "a run is under way for a while yet");
  await until(() => granted().length === 5, "the moment when nothing is to be done");
  assert.deepEqual(granted().at(-1), [8, 6]);
  other.hear(ask(4));
  main.hear({ ...ask(5), freeInMs: 40 });
  streams.hear(spare(7));
  dispatcher.removeStreams(1);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(granted().length, 5, "whoever is gone is granted nothing");
  assert.deepEqual(dispatcher.depths().tried ?? 0, 0);
  dispatcher.close();
});

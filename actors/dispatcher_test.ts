import assert from "node:assert/strict";
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

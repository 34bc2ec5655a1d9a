import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import { until } from "../tests/support/until.ts";
import { Dispatcher } from "./dispatcher.ts";
import { OpenTurn } from "./open_turn.ts";
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
  patientRoom: 2,
  freeInMs: 0,
  leadMs: 0,
  expectedMs: 10,
  maxDelayMs: 0,
  single: true,
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

Deno.test("a turn lies open while nobody waits, and is for who waits as soon as somebody does", () => {
  const dispatcher = new Dispatcher();
  const [streams, replica] = [new FakePort(), new FakePort()];
  const memory = OpenTurn.memory();
  const turn = new OpenTurn(memory);
  const granted = () => (streams.sent as GrantMessage[]).map(({ batch, keys }) => [batch, ...keys]);
  dispatcher.addStreams(1, streams.port);
  dispatcher.addReplica(7, "m", replica.port, memory);
  assert.equal(turn.lies, false);
  replica.hear(ask(1));
  assert.equal(turn.lies, true);
  streams.hear(offer(3, "cam"));
  assert.deepEqual([granted(), turn.lies], [[[1, 3]], false]);

  replica.hear({ ...ask(2), freeInMs: 60_000 });
  assert.equal(turn.take(nowMs()), undefined, "a run is under way for a while yet");
  streams.hear({ ...offer(4, "cam"), late: true } as OfferMessage);
  assert.deepEqual([granted().length, turn.take(Infinity)], [1, undefined], "somebody waits");

  replica.hear({ ...ask(3), freeInMs: 0 });
  assert.deepEqual(granted().at(-1), [3, 4]);
  replica.hear(ask(4));
  assert.equal(turn.take(nowMs())?.batch, 4);
  streams.hear(offer(5, "cam"));
  assert.deepEqual([granted().length, dispatcher.depths()], [2, { m: 1 }], "somebody else was faster");
  replica.hear(ask(5));
  assert.deepEqual([granted().at(-1), turn.lies], [[5, 5], false]);

  replica.hear({ ...ask(6), single: false });
  assert.equal(turn.lies, false, "a batch waits for company");
  replica.hear(ask(7));
  dispatcher.removeReplica(7);
  assert.equal(turn.lies, false);
  dispatcher.close();
});

Deno.test("a replica whose turn was taken where it lay open is at work", () => {
  const dispatcher = new Dispatcher();
  const [streams, main, other] = [new FakePort(), new FakePort(), new FakePort()];
  const memory = OpenTurn.memory();
  dispatcher.addStreams(1, streams.port);
  dispatcher.addReplica(7, "m", main.port, memory);
  dispatcher.addReplica(8, "tried", other.port);
  main.hear(ask(1));
  other.hear(ask(1));
  assert.equal(new OpenTurn(memory).take(nowMs())?.batch, 1);
  streams.hear({ ...offer(1, "~cam"), model: "tried", spare: true } as OfferMessage);
  assert.deepEqual(streams.sent, []);
  main.hear(ask(2));
  assert.deepEqual((streams.sent as GrantMessage[]).map(({ keys, replica }) => [replica, ...keys]), [[8, 1]]);
  dispatcher.close();
});

Deno.test("frames that nobody waits for are granted several at a time, until somebody waits for one", () => {
  const dispatcher = new Dispatcher();
  const [streams, replica] = [new FakePort(), new FakePort()];
  dispatcher.addStreams(1, streams.port);
  dispatcher.addReplica(7, "m", replica.port);
  const granted = () => (streams.sent as GrantMessage[]).map(({ keys }) => keys);
  const patient = (key: number) => ({ ...offer(key, "file"), patient: true }) as OfferMessage;
  for (const key of [1, 2, 3]) streams.hear(patient(key));
  replica.hear(ask(1));
  assert.deepEqual(granted(), [[1, 2]]);
  streams.hear(patient(4));
  streams.hear(offer(5, "cam"));
  replica.hear(ask(2));
  replica.hear(ask(3));
  assert.deepEqual(granted().map(({ length }) => length), [2, 1, 1]);
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

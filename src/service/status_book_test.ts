import assert from "node:assert/strict";
import { nowMs } from "../core/clock.ts";
import type { StateEvent, StreamState, StreamStatus } from "../core/stream.ts";
import type { StreamSlot } from "../../actors/stream_workers.ts";
import { StatusBook } from "./status_book.ts";

/** A thread that answers when it is told to. */
class Thread {
  readonly asked: string[] = [];
  #answers: (() => void)[] = [];
  readonly actor = {
    ask: (message: { type: string; id?: string }) => {
      this.asked.push(message.id ?? message.type);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.#answers.push(() => {
        if (this.down) return reject(new Error("The thread is gone"));
        resolve(message.id ? this.#status(message.id) : this.streams.map((id) => this.#status(id)));
      });
      return promise;
    },
  };
  down = false;
  state: StreamState = "running";
  sinceMs = nowMs();
  received = 0;

  constructor(readonly streams: string[]) {}

  answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }

  #status(id: string): StreamStatus {
    const { state, sinceMs, received } = this;
    return { id, state, sinceMs, atMs: nowMs(), epoch: 1, restarts: 0, frames: { received } } as StreamStatus;
  }
}

function book(threads: Thread[], states: Record<string, StateEvent> = {}): StatusBook {
  return new StatusBook({
    slotOf: (id) => threads.find(({ streams }) => streams.includes(id)) as unknown as StreamSlot | undefined,
    stateOf: (id) => states[id],
  });
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("however many streams are asked about, each thread is asked once", async () => {
  const threads = [new Thread(["a", "b", "c"]), new Thread(["d", "e"])];
  const statuses = book(threads);
  const asked = [statuses.statuses(["a", "b", "c", "d", "e", "nobody"]), statuses.statuses(["a", "b"])];
  for (const thread of threads) thread.answer();
  const [all, two] = await Promise.all(asked);
  assert.deepEqual([...all.keys()], ["a", "b", "c", "d", "e"]);
  assert.deepEqual([...two.keys()], ["a", "b"]);
  assert.deepEqual(threads.map(({ asked }) => asked), [["statuses"], ["statuses"]]);
});

Deno.test("a thread at work is not waited for when it was read a moment ago; the state is the one of now", async () => {
  const thread = new Thread(["a", "b"]);
  const states: Record<string, StateEvent> = {};
  const statuses = book([thread], states);
  thread.received = 5;
  const first = statuses.statuses(["a"]);
  thread.answer();
  assert.equal((await first).get("a")?.frames.received, 5);

  const at = new Date(nowMs() + 1000).toISOString();
  const cause = { code: "refused", message: "Cannot open the camera: refused" };
  states.a = {
    v: 1,
    type: "state",
    stream: "a",
    state: "backoff",
    previous: "running",
    cause,
    at,
    epoch: 2,
    restarts: 1,
  };
  const busy = await statuses.statuses(["a"]);
  const { state, cause: why, epoch, restarts, frames } = busy.get("a")!;
  assert.deepEqual({ state, why, epoch, restarts, received: frames.received }, {
    state: "backoff",
    why: cause,
    epoch: 2,
    restarts: 1,
    received: 5,
  });

  // What came of it is there for the next one.
  thread.received = 7;
  thread.answer();
  await settled();
  assert.equal((await statuses.statuses(["a"])).get("a")?.frames.received, 7);
  thread.answer();
});

Deno.test("after something was done to a stream, only a new reading will do", async () => {
  const thread = new Thread(["a"]);
  const statuses = book([thread]);
  const first = statuses.statuses(["a"]);
  thread.answer();
  await first;
  statuses.forget("a");
  thread.received = 9;
  let read: StreamStatus | undefined;
  const second = statuses.statuses(["a"]).then((all) => read = all.get("a"));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(read, undefined);
  thread.answer();
  await second;
  assert.equal(read!.frames.received, 9);
});

Deno.test("a thread that is gone leaves its streams out, and a stream that just came is asked for alone", async () => {
  const [gone, here] = [new Thread(["a", "b"]), new Thread(["c", "d"])];
  const statuses = book([gone, here]);
  gone.down = true;
  const asked = statuses.statuses(["a", "b", "c", "d"]);
  here.streams.push("late");
  const late = statuses.statuses(["late"]);
  here.streams.splice(2);
  here.answer();
  here.streams.push("late");
  const answering = setInterval(() => {
    gone.answer();
    here.answer();
  }, 1);
  try {
    assert.deepEqual([...(await asked).keys()], ["c", "d"]);
    assert.deepEqual([...(await late).keys()], ["late"]);
  } finally {
    clearInterval(answering);
  }
  assert.deepEqual(here.asked, ["statuses", "late"]);
});

import { nowMs } from "../src/core/clock.ts";
import type { Turn } from "../src/core/inference.ts";
import { FramePool } from "../streams/frame_pool.ts";
import { Random } from "../streams/scenes/random.ts";
import { until } from "../tests/support/until.ts";
import { Dispatcher } from "./dispatcher.ts";
import { OpenTurn } from "./open_turn.ts";
import { Replica, type RunBatch } from "./replica.ts";
import { TurnClient } from "./turn_client.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A dispatcher, replicas and stream workers in one thread, of which any may be replaced at any time. */
class Storm implements Disposable {
  #dispatcher = new Dispatcher();
  #replicas = new Map<number, { replica: Replica; turn: SharedArrayBuffer }>();
  #clients = new Map<number, TurnClient>();
  #made = 0;

  constructor(private readonly maxBatch: number, private readonly run: RunBatch) {}

  get clients(): TurnClient[] {
    return [...this.#clients.values()];
  }

  addClient(): void {
    const [id, control] = [this.#made++, new MessageChannel()];
    this.#dispatcher.addStreams(id, control.port1);
    const options = { dispatcher: control.port2, answerTimeoutMs: 60_000, onOverdue: () => {} };
    const client = new TurnClient(options);
    this.#clients.set(id, client);
    for (const replica of this.#replicas.keys()) this.#connect(replica, id);
  }

  addReplica(): void {
    const [id, control, turn] = [this.#made++, new MessageChannel(), OpenTurn.memory()];
    this.#dispatcher.addReplica(id, "model", control.port1, turn);
    const options = { dispatcher: control.port2, maxBatch: this.maxBatch, maxDelayMs: 1, run: this.run };
    const replica = new Replica(options);
    this.#replicas.set(id, { replica, turn });
    for (const client of this.#clients.keys()) this.#connect(id, client);
    replica.start();
  }

  /** The oldest stream worker dies with all that it holds. */
  loseClient(): void {
    const [[id, client]] = this.#clients;
    this.#clients.delete(id);
    this.#dispatcher.removeStreams(id);
    for (const { replica } of this.#replicas.values()) replica.removeStreams(id);
    client[Symbol.dispose]();
  }

  /** The oldest replica dies with what it runs. */
  loseReplica(): void {
    const [[id, { replica }]] = this.#replicas;
    this.#replicas.delete(id);
    replica[Symbol.dispose]();
    this.#dispatcher.removeReplica(id);
    for (const client of this.#clients.values()) client.removeReplica(id, "The replica was killed");
  }

  /** The dispatcher dies, and another one knows nothing of what went before. */
  loseDispatcher(): void {
    this.#dispatcher.close();
    this.#dispatcher = new Dispatcher();
    for (const [id, client] of this.#clients) {
      const { port1, port2 } = new MessageChannel();
      this.#dispatcher.addStreams(id, port1);
      client.setDispatcher(port2);
    }
    for (const [id, { replica, turn }] of this.#replicas) {
      const { port1, port2 } = new MessageChannel();
      this.#dispatcher.addReplica(id, "model", port1, turn);
      replica.setDispatcher(port2);
    }
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    for (const { replica } of this.#replicas.values()) replica[Symbol.dispose]();
    this.#dispatcher.close();
  }

  #connect(replica: number, client: number): void {
    const { port1, port2 } = new MessageChannel();
    const { replica: runs, turn } = this.#replicas.get(replica)!;
    runs.addStreams(client, port1);
    this.#clients.get(client)!.addReplica(replica, port2, { model: "model", turn });
  }
}

for (const maxBatch of [1, 3]) {
  for (const seed of [1, 2, 3]) {
    Deno.test(`whoever passes, gives up or dies, who waits gets a turn: batches of ${maxBatch}, seed ${seed}`, async () => {
      const generator = new Random(seed);
      const random = () => generator.next();
      const chance = (share: number) => random() < share;
      using storm = new Storm(maxBatch, async (frames) => {
        const startedAtMs = nowMs();
        if (chance(0.7)) await sleep(3 * random());
        if (chance(0.05)) throw new Error("It failed");
        return { startedAtMs, inferMs: 1, answers: frames.map(() => ({ output: { model: "model" }, readMs: 0 })) };
      });
      for (let n = 0; n < 2; n++) {
        storm.addReplica();
        storm.addClient();
      }
      // What a thread held is gone with it; the others' is to settle.
      const held = new Map<TurnClient, { open: number; pool: FramePool }>();
      const of = (client: TurnClient) => {
        const known = held.get(client) ?? { open: 0, pool: new FramePool(4, 1000) };
        held.set(client, known);
        return known;
      };
      const use = async (turn: Turn, pool: FramePool) => {
        if (chance(0.2)) return turn.pass();
        if (chance(0.3)) await sleep(3 * random());
        await turn.run({ buffer: await pool.take(), placement: 0, home: pool });
      };
      const ask = (client: TurnClient, n: number) => {
        const abort = new AbortController();
        const late = chance(0.5);
        const request = {
          stream: `s${n % 5}`,
          deadlineMs: chance(0.5) ? Infinity : nowMs() + 50 * random(),
          weight: 1 + (n % 2),
          late,
          patient: !late && chance(0.5),
          spare: chance(0.1),
        };
        if (chance(0.1)) void sleep(5 * random()).then(() => abort.abort());
        const own = of(client);
        own.open++;
        const asked = client.request("model", request, abort.signal).then((turn) => use(turn, own.pool));
        // Some give up, and some replicas die; all are told so.
        void asked.catch(() => {}).finally(() => own.open--);
      };
      for (let n = 0; n < 600; n++) {
        ask(storm.clients[n % storm.clients.length], n);
        if (n % 150 === 40) {
          storm.addClient();
          storm.loseClient();
        }
        if (n % 150 === 80) {
          storm.addReplica();
          storm.loseReplica();
        }
        if (n % 150 === 120) storm.loseDispatcher();
        if (chance(0.4)) await sleep(2 * random());
      }
      const left = () => storm.clients.map((client) => [of(client).open, of(client).pool.out]);
      await until(() => left().flat().every((count) => count === 0), () => `frames and buffers left: ${left()}`);
      for (const client of storm.clients) ask(client, 0);
      await until(() => left().flat().every((count) => count === 0), "a turn once the storm is over");
    });
  }
}

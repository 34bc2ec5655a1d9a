import assert from "node:assert/strict";
import type { GapEvent, LogEvent } from "../../core/events.ts";
import { until } from "../../../tests/support/until.ts";
import { pictureMessage } from "../../api/ws/picture_channel.ts";
import { Live } from "./live.ts";
import type { LivePicture } from "./live_messages.ts";
import type { ProblemError } from "./problem_error.ts";

type Said = Record<string, unknown>;

/** A server whose sockets do what the test says. */
class Puppet implements AsyncDisposable {
  readonly sockets: WebSocket[] = [];
  /** What came over each socket. */
  readonly said: Said[][] = [];
  #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      const said: Said[] = [];
      this.sockets.push(socket);
      this.said.push(said);
      socket.onmessage = ({ data }) => said.push(JSON.parse(data));
      return response;
    },
  );

  open = () => Promise.resolve(new WebSocket(`ws://127.0.0.1:${this.#server.addr.port}`));

  send(socket: number, message: unknown): void {
    this.sockets[socket].send(JSON.stringify(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.close();
    await this.#server.shutdown();
  }
}

const state = (stream: string): LogEvent => ({
  v: 1,
  type: "state",
  stream,
  state: "running",
  previous: "connecting",
  at: new Date(0).toISOString(),
  epoch: 1,
  restarts: 0,
});

Deno.test("A connection that is lost comes back, asks again for all, and goes on after the last position", async () => {
  await using puppet = new Puppet();
  using live = new Live({ open: puppet.open, random: () => 0 });
  const heard: [string, number][] = [];
  live.events(
    { all: true, types: ["state"] },
    (event, position) => heard.push([event.type, position]),
  );
  live.events({ streams: ["a"] }, () => {}, { resume: false });
  live.pictures("a", { width: 320 }, () => {});
  await until(() => puppet.said[0]?.length === 3, "three subscriptions");
  assert.deepEqual(puppet.said[0], [
    { op: "subscribe", all: true, types: ["state"], id: "e1" },
    { op: "subscribe", streams: ["a"], id: "e2" },
    { op: "pictures", stream: "a", width: 320, id: "p3" },
  ]);
  puppet.send(0, { op: "subscribed", id: "e1", last: 40 });
  puppet.send(0, { sub: "e1", position: 42, event: state("a") });
  await until(() => heard.length === 1, "the event");
  assert.equal(live.status.value.state, "open");

  puppet.sockets[0].close();
  await until(() => puppet.said[1]?.length === 3, "three subscriptions anew");
  assert.equal(puppet.said[1][0].after, 42);
  assert.equal(
    puppet.said[1][1].after,
    undefined,
    "what only lives in the moment does not go on",
  );
  const gap: GapEvent = {
    v: 1,
    type: "gap",
    first: 43,
    last: 50,
    count: 8,
    reason: "slow",
  };
  puppet.send(1, { sub: "e1", position: 50, event: gap });
  await until(() => heard.length === 2, "the gap");
  assert.deepEqual(heard, [["state", 42], ["gap", 50]]);

  puppet.send(1, { op: "pong", last: 99 });
  puppet.send(1, { sub: "e2", position: 100, event: state("a") });
  await new Promise((resolve) => setTimeout(resolve, 50));
  puppet.sockets[1].close();
  await until(
    () => puppet.said[2]?.length === 3,
    "three subscriptions once more",
  );
  assert.equal(
    puppet.said[2][0].after,
    99,
    "a pong moves a quiet subscription on",
  );
});

Deno.test("A picture comes with its header, and none is asked for while the page is hidden", async () => {
  await using puppet = new Puppet();
  using live = new Live({ open: puppet.open });
  const pictures: LivePicture[] = [];
  const stop = live.pictures("gate", {}, (picture) => pictures.push(picture));
  await until(() => puppet.said[0]?.length === 1, "the subscription");
  const header = {
    stream: "gate",
    epoch: 2,
    seq: 7,
    pts: 0.5,
    width: 4,
    height: 2,
    dropped: 0,
  };
  puppet.sockets[0].send(
    pictureMessage({ sub: "p1", ...header }, new Uint8Array([1, 2, 3])),
  );
  await until(() => pictures.length === 1, "the picture");
  const { jpeg, ...rest } = pictures[0];
  assert.deepEqual(rest, header);
  assert.deepEqual([...new Uint8Array(await jpeg.arrayBuffer())], [1, 2, 3]);

  live.hide(true);
  live.hide(false);
  stop();
  await until(() => puppet.said[0].length === 4, "all that was said");
  assert.deepEqual(puppet.said[0].map(({ op }) => op), [
    "pictures",
    "unsubscribe",
    "pictures",
    "unsubscribe",
  ]);
});

Deno.test("Events that are refused are not asked for again; pictures are, for a stream may only be late", async () => {
  await using puppet = new Puppet();
  using live = new Live({ open: puppet.open, random: () => 0 });
  const told: string[] = [];
  live.events({ streams: ["a"] }, () => {}, { failed: ({ code }: ProblemError) => told.push(code) });
  live.pictures("b", {}, () => {}, { missing: ({ message }) => told.push(message) });
  live.events({ all: true }, () => {});
  await until(() => puppet.said[0]?.length === 3, "three subscriptions");
  puppet.send(0, { op: "error", code: "too_many", message: "Too many", id: "e1" });
  puppet.send(0, { op: "error", code: "not_found", message: "There is no stream called b", id: "p2" });
  await until(() => puppet.said[0].length === 4, "the pictures to be asked for again");
  assert.deepEqual(told, ["too_many", "There is no stream called b"]);
  assert.deepEqual(puppet.said[0][3], { op: "pictures", stream: "b", id: "p2" });
  puppet.send(0, { op: "ended", id: "p2", reason: "Stream b is removed" });
  await until(() => puppet.said[0].length === 5, "the pictures to be asked for once more");
  puppet.sockets[0].close();
  await until(() => puppet.said[1]?.length === 2, "those that are left");
  assert.deepEqual(puppet.said[1].map(({ id }) => id), ["p2", "e3"]);
});

Deno.test("Nothing is tried while nobody would be let in, and at once when somebody would", async () => {
  await using puppet = new Puppet();
  let may = false;
  using live = new Live({ open: puppet.open, mayTry: () => may });
  live.events({ all: true }, () => {});
  assert.deepEqual(live.status.value, { state: "lost" });
  may = true;
  live.retry();
  await until(() => live.status.value.state === "open", "the connection");
});

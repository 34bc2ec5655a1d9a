import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Store } from "../../src/store/store.ts";
import { inDirectory } from "../support/in_directory.ts";

const STORE = new URL("../../src/store/store.ts", import.meta.url).href;
const ROUNDS = 20;

/** Opens the file once told to, reserves a hundred positions one by one and prints the first of each. */
const RESERVER = `
  import { Store } from ${JSON.stringify(STORE)};
  await Deno.stdin.read(new Uint8Array(1));
  const store = Store.open(Deno.args[0]);
  console.log(JSON.stringify(Array.from({ length: 100 }, () => store.reserve(7))));
  store[Symbol.dispose]();`;

/** Writes everything that can be written, without end, and tells only afterwards what it has written. */
const WRITER = `
  import { Store } from ${JSON.stringify(STORE)};
  const [path, round] = Deno.args;
  const store = Store.open(path);
  const say = (line) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\\n"));
  for (let turn = 0;; turn++) {
    const id = "stream-" + turn % 7;
    const registration = { id, source: { kind: "scene", url: "x".repeat(turn % 5000) }, pipeline: [], policy: {}, labels: { round, turn: String(turn) } };
    store.put(registration);
    say({ put: id, round, turn });
    store.setNumbers(id, { epoch: Number(round), seq: turn });
    store.remember({ v: 1, type: "state", stream: id, state: "running", previous: "connecting", at: "", epoch: turn, restarts: 0 });
    say({ position: store.reserve(10) });
    if (turn % 50 === 49) {
      const gone = "gone-" + round + "-" + turn;
      store.put({ ...registration, id: gone });
      store.remember({ v: 1, type: "state", stream: gone, state: "running", previous: "connecting", at: "", epoch: turn, restarts: 0 });
      store.delete(gone);
      say({ gone });
    }
  }`;

type Said = { put: string; round: string; turn: number } | { position: number } | { gone: string };

function start(script: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", script, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Lets a writer live until it has told so much, kills it at that very moment, and answers what it had told. */
async function killedWriter(script: string, path: string, round: number): Promise<Said[]> {
  const child = start(script, path, String(round));
  const end = 2000 + Math.random() * 60_000;
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > end) {
      // What is in the pipe already still comes.
      try {
        child.kill("SIGKILL");
      } catch { /* Killed before. */ }
    }
  }
  const { signal, code } = await child.status;
  assert.ok(signal === "SIGKILL" || Deno.build.os === "windows" && code !== 0, `it was killed, not ended (${code})`);
  await child.stdin.close().catch(() => {});
  const lines = text.split("\n");
  // The last line may have been cut.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Said);
}

Deno.test("a writer that is killed at any moment leaves a whole file, with all that it had told of", () =>
  inDirectory(async (directory) => {
    const [script, path] = [`${directory}/writer.ts`, `${directory}/data/weir.db`];
    await Deno.writeTextFile(script, WRITER);
    let highest = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const said = await killedWriter(script, path, round);
      const positions = said.flatMap((line) => "position" in line ? [line.position] : []);
      assert.ok(positions.length > 0);
      for (const position of positions) {
        assert.ok(position >= highest + (highest === 0 ? 1 : 10), `${position} was given after ${highest}`);
        highest = position;
      }

      using store = Store.open(path);
      using raw = new DatabaseSync(path, { readOnly: true });
      assert.equal(raw.prepare("PRAGMA integrity_check").get()!.integrity_check, "ok");
      const streams = new Map(store.streams().map((stored) => [stored.registration.id, stored]));
      const last = new Map(said.flatMap((line) => "put" in line ? [[line.put, line]] as const : []));
      for (const [id, { turn }] of last) {
        const { registration, epoch } = streams.get(id)!;
        const ahead = Number(registration.labels.turn) - turn;
        assert.deepEqual([registration.labels.round, ahead === 0 || ahead === 7], [String(round), true], id);
        assert.ok(epoch === round || epoch === round - 1, `${id} is in epoch ${epoch} of ${round}`);
        assert.ok(store.history(id).length <= 200);
      }
      for (const line of said) {
        if ("gone" in line) assert.ok(!streams.has(line.gone) && !store.history(line.gone).length);
      }
      const next = store.reserve(10);
      assert.ok(next >= highest + 10, `${next} was given again after ${highest}`);
      highest = next;
    }
  }));

Deno.test("processes that make and use one file at the same time share no position", () =>
  inDirectory(async (directory) => {
    const [script, path] = [`${directory}/reserver.ts`, `${directory}/weir.db`];
    await Deno.writeTextFile(script, RESERVER);
    const children = Array.from({ length: 4 }, () => start(script, path));
    // They stand ready and begin together, so that they meet while the file is being made.
    await Promise.all(children.map((child) => child.stdin.close()));
    const outputs = await Promise.all(children.map((child) => child.output()));
    assert.deepEqual(outputs.map(({ code }) => code), [0, 0, 0, 0]);
    const firsts = outputs.flatMap(({ stdout }) => JSON.parse(new TextDecoder().decode(stdout)) as number[]);
    assert.deepEqual(firsts.toSorted((a, b) => a - b), Array.from({ length: 400 }, (_, n) => 1 + 7 * n));
  }));

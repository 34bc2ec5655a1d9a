import assert from "node:assert/strict";
import { DataLock } from "./data_lock.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";

const MODULE = new URL("./data_lock.ts", import.meta.url).href;

/** Takes the lock in a process of its own, says so, and keeps it until it is killed. */
async function otherOwner(directory: string): Promise<Deno.ChildProcess> {
  const code = `import { DataLock } from ${JSON.stringify(MODULE)};
    const lock = await DataLock.take(Deno.args[0]);
    console.log("taken");
    await Deno.stdin.read(new Uint8Array(1));
    lock[Symbol.dispose]();`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--ext=ts", await script(directory, code), directory],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /taken/);
  reader.releaseLock();
  return child;
}

async function script(directory: string, code: string): Promise<string> {
  const path = `${directory}/owner.ts`;
  await Deno.writeTextFile(path, code);
  return path;
}

async function end(child: Deno.ChildProcess): Promise<void> {
  await child.stdin.close().catch(() => {});
  await child.stdout.cancel();
  await child.status;
}

Deno.test("a second process on one data directory is refused and told whose it is", () =>
  inDirectory(async (directory) => {
    const other = await otherOwner(directory);
    await assert.rejects(DataLock.take(directory, { patienceMs: 0 }), (error: Error) => {
      const owner = Deno.build.os === "windows" ? /another process/ : new RegExp(`process ${other.pid} works in it`);
      return owner.test(error.message) && error.message.includes(directory);
    });
    await end(other);
  }));

Deno.test("whoever dies leaves the directory to the next, who needs to clear nothing away", () =>
  inDirectory(async (directory) => {
    const other = await otherOwner(directory);
    other.kill("SIGKILL");
    await end(other);
    using _lock = await DataLock.take(directory, { patienceMs: 0 });
  }));

Deno.test("one that is just leaving is waited for", () =>
  inDirectory(async (directory) => {
    const other = await otherOwner(directory);
    const next = DataLock.take(directory, { patienceMs: 60_000 });
    await end(other);
    (await next)[Symbol.dispose]();
  }));

Deno.test("the same process does not get it twice either, until it is given back; waiting can be called off", () =>
  inDirectory(async (directory) => {
    const lock = await DataLock.take(directory);
    await assert.rejects(
      DataLock.take(directory, { patienceMs: 0 }),
      Deno.build.os === "windows" ? /another process/ : new RegExp(`process ${Deno.pid} `),
    );
    const abort = new AbortController();
    const waiting = DataLock.take(directory, { patienceMs: 60_000, signal: abort.signal });
    abort.abort(new Error("never mind"));
    await assert.rejects(waiting, /never mind/);
    lock[Symbol.dispose]();
    lock[Symbol.dispose]();
    (await DataLock.take(directory))[Symbol.dispose]();
  }));

Deno.test("a directory that cannot be made is named", () =>
  inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    await assert.rejects(DataLock.take(`${directory}/file/data`), /Cannot use the data directory .*file\/data/);
  }));

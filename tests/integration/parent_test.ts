import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { complain } from "../../src/cli/print.ts";
import { runSupervised, type SupervisedOptions } from "../../src/cli/parent/run_supervised.ts";
import { eventually } from "../support/eventually.ts";

const POSIX = Deno.build.os !== "windows";
if (!POSIX) complain("parent_test: SKIPPED, Windows has none of the signals that these tests send");

const PARENT = new URL("../../src/cli/parent/", import.meta.url);
const DEADLINE_MS = 60_000;
const until = (what: string, condition: () => boolean | Promise<boolean>) => eventually(what, condition, DEADLINE_MS);

/** What the children begin with: a diary in a file, which outlives them, and one line of the log. */
const PRELUDE = `
  import { leaveWithParent } from ${JSON.stringify(new URL("leave_with_parent.ts", PARENT).href)};
  const [diary] = Deno.args;
  const note = (text) => Deno.writeTextFileSync(diary, text + "\\n", { append: true });
  const lives = () => Deno.readTextFileSync(diary).split("\\n").filter((line) => line.startsWith("born")).length;
  const log = (msg) => console.error(JSON.stringify({ time: new Date().toISOString(), level: "info", msg }));
  const for_ever = () => setInterval(() => {}, 1000);
  // V8 takes the first for a fault in WebAssembly, and waits for the next.
  const segfault = () => setInterval(() => Deno.kill(Deno.pid, "SIGSEGV"), 10);
  note("born " + Deno.pid);
`;

/** Waits until it is so, or fails the test with what it waited for. */
/** A folder with a child's script and its diary. */
class Scene implements AsyncDisposable {
  readonly lines: string[] = [];
  private constructor(private readonly directory: string) {}

  static async of(script: string): Promise<Scene> {
    const directory = await Deno.makeTempDir({ prefix: "weir-parent-" });
    await Deno.writeTextFile(`${directory}/child.ts`, PRELUDE + script);
    await Deno.writeTextFile(`${directory}/diary`, "");
    return new Scene(directory);
  }

  get command(): string[] {
    const { directory } = this;
    return [Deno.execPath(), "run", "-A", "--quiet", "--no-check", `${directory}/child.ts`, `${directory}/diary`];
  }

  /** Keeps the child running in this very process. */
  run(options: Partial<SupervisedOptions> = {}): Promise<number> {
    return runSupervised({
      command: this.command,
      onLine: (line) => this.lines.push(line),
      backoff: { initialMs: 10, maxMs: 50 },
      ...options,
    });
  }

  /** Keeps it running in a parent of its own, which can be killed; its log is in `lines`. */
  async parent(options: Partial<SupervisedOptions> = {}) {
    const path = `${this.directory}/parent.ts`;
    const module = JSON.stringify(new URL("run_supervised.ts", PARENT).href);
    const given = JSON.stringify({ command: this.command, backoff: { initialMs: 10, maxMs: 50 }, ...options });
    await Deno.writeTextFile(
      path,
      `import { runSupervised } from ${module}; Deno.exit(await runSupervised(${given}));`,
    );
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", path],
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reading = (async () => {
      let text = "";
      for await (const chunk of process.stderr.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop()!;
        this.lines.push(...lines);
      }
    })();
    return { process, end: reading.then(() => process.status) };
  }

  diary(): string[] {
    return Deno.readTextFileSync(`${this.directory}/diary`).split("\n").slice(0, -1);
  }

  /** The process numbers of all lives so far. */
  pids(): number[] {
    return this.diary().flatMap((line) => /^born (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  }

  /** Waits for a line in the diary and answers the child that is alive then. */
  async noted(line: string): Promise<number> {
    await until(`the child noted "${line}"`, () => this.diary().includes(line));
    return this.pids().at(-1)!;
  }

  log(): { level: string; msg: string; source?: string }[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** Messages of the parent itself. */
  told(): string[] {
    return this.log().filter(({ source }) => source === "parent").map(({ msg }) => msg);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch { /* It is dead, as it should be. */ }
    }
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Whether a process lives; one that is dead but not yet buried does not. */
async function alive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !POSIX, fn });
}

test("a program that is done, or was called wrongly, is not started again, and its code is passed on", async () => {
  for (const code of [0, 2]) {
    await using scene = await Scene.of(`log("bye"); Deno.exit(${code});`);
    assert.equal(await scene.run(), code);
    assert.deepEqual([scene.pids().length, scene.log().map(({ msg }) => msg)], [1, ["bye"]]);
  }
});

test("a crash by a signal is followed by a new start, and the log says of what it died", async () => {
  await using scene = await Scene.of(`if (lives() < 3) segfault(); else Deno.exit(0);`);
  assert.equal(await scene.run(), 0);
  assert.equal(new Set(scene.pids()).size, 3);
  const told = scene.told();
  assert.equal(told.length, 2);
  for (const msg of told) assert.match(msg, /^Starting again in \d+ ms: the program was killed by SIGSEGV$/);
});

test("an uncaught error is a crash too, and its words and trace are in the log", async () => {
  await using scene = await Scene.of(`if (lives() === 1) throw new Error("lost rtsp://a:hunter2@cam"); Deno.exit(0);`);
  assert.equal(await scene.run(), 0);
  const native = scene.log().filter(({ source }) => source === "native").map(({ msg }) => msg).join("\n");
  assert.match(native, /Uncaught .*Error: lost rtsp:\/\/\*\*\*@cam[^]*child\.ts/);
  assert.ok(!scene.lines.join().includes("hunter2"));
  assert.match(scene.told().join(), /ended with code 1/);
});

test("code 75 asks for a fresh process: at once after a healthy life, and it is no error", async () => {
  await using scene = await Scene.of(`Deno.exit(lives() < 3 ? 75 : 0);`);
  assert.equal(
    await scene.run({ healthyAfterMs: 0, backoff: { initialMs: 3_600_000, minMs: 3_600_000, maxMs: 3_600_000 } }),
    0,
  );
  assert.equal(scene.pids().length, 3);
  const told = scene.log().map(({ level, msg }) => [level, msg]);
  assert.deepEqual(told, Array(2).fill(["warn", "Starting again in 0 ms: the program asked for a fresh process"]));
});

test("a program that crashes again and again is given up with its code, and the last line says so", async () => {
  await using scene = await Scene.of(`Deno.exit(lives() === 4 ? 42 : 75);`);
  assert.equal(await scene.run({ maxRestarts: 3, withinMs: 3_600_000 }), 42);
  assert.equal(scene.pids().length, 4);
  const last = scene.log().at(-1)!;
  assert.deepEqual([last.level, last.source], ["error", "parent"]);
  assert.equal(
    last.msg,
    "Gave up: the program ended with code 42, and it was started again 3 times in 60 min already",
  );

  await using killed = await Scene.of(`segfault();`);
  assert.equal(await killed.run({ maxRestarts: 0 }), 128 + 11);
  assert.match(killed.told().join(), /^Gave up: the program was killed by SIGSEGV/);
});

test("a program that is not there is an error at once", async () => {
  await assert.rejects(
    runSupervised({ command: ["/no/such/program"], onLine() {} }),
    /^Error: Cannot start program: /,
  );
});

test("what native code prints is redacted, bounded and counted; lines of the log pass unchanged", async () => {
  await using scene = await Scene.of(`
    const own = '{"level":"info","time":"t","msg":"mine: rtsp://***@cam/1"}';
    console.error("[rtsp @ 0xbeef] rtsp://admin:hunter2@10.0.0.7/main: 401 Unauthorized");
    console.error(own);
    for (let n = 0; n < 1000; n++) console.error("[h264 @ 0xbeef] concealing " + n + " errors");
    await Deno.stderr.write(new Uint8Array(200_000).fill(120));
    await new Deno.Command("sh", { args: ["-c", "printf '\\\\nno line feed at its end http://u:hunter2@h/ >&2' >&2"] }).spawn().status;
    Deno.exit(0);`);
  assert.equal(await scene.run(), 0);
  assert.ok(!scene.lines.join().includes("hunter2"));
  assert.ok(scene.lines.includes(`{"level":"info","time":"t","msg":"mine: rtsp://***@cam/1"}`));
  const native = scene.log().filter(({ source }) => source === "native");
  assert.equal(native[0].msg, "[rtsp @ 0xbeef] rtsp://***@10.0.0.7/main: 401 Unauthorized");
  assert.ok(native.some(({ msg }) => /no line feed at its end http:\/\/\*\*\*@h/.test(msg)));
  assert.deepEqual([...new Set(native.map(({ level }) => level))], ["warn"]);
  assert.ok(native.every(({ msg }) => msg.length <= 2000));
  assert.ok(native.some(({ msg }) => msg.length === 2000 && msg.startsWith("xxx")));
  const shown = native.filter(({ msg }) => msg.startsWith("[h264")).length;
  const counted = native.map(({ msg }) => Number(/^(\d+) more like this/.exec(msg)?.[1] ?? 0)).reduce((a, b) => a + b);
  assert.equal(shown + counted, 1000, "none is lost");
  assert.ok(shown < 1000);
});

test("a grandchild that keeps the pipe open does not keep the parent", async () => {
  await using scene = await Scene.of(`
    const sleeper = new Deno.Command("sleep", { args: ["600"], stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
    note("born " + sleeper.pid);
    sleeper.unref();
    Deno.exit(0);`);
  assert.equal(await scene.run(), 0);
});

const ORDERLY = `
  for (const signal of ["SIGTERM", "SIGINT"]) Deno.addSignalListener(signal, () => {
    note("got " + signal);
    setTimeout(() => { note("tidied up"); Deno.exit(0); }, 100);
  });
  leaveWithParent({ onGone: () => note("parent gone") });
  note("ready");`;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} to the parent reaches the child once; it tidies up, and its code is passed on`, async () => {
    await using scene = await Scene.of(ORDERLY);
    const { process, end } = await scene.parent();
    const child = await scene.noted("ready");
    process.kill(signal);
    // As a terminal and npx do: the same wish comes twice.
    process.kill(signal);
    assert.equal((await end).code, 0);
    assert.deepEqual(scene.diary(), [`born ${child}`, "ready", `got ${signal}`, "tidied up"]);
    assert.deepEqual(scene.told(), []);
  });
}

test("an abort asks the child to stop as SIGTERM does; one that came before anything starts nothing", async () => {
  await using scene = await Scene.of(ORDERLY);
  const abort = new AbortController();
  const run = scene.run({ signal: abort.signal });
  await scene.noted("ready");
  abort.abort();
  assert.equal(await run, 0);
  assert.ok(scene.diary().includes("got SIGTERM"));
  assert.equal(await scene.run({ signal: abort.signal }), 0);
  assert.equal(scene.pids().length, 1);
});

test("a child that does not stop in time is killed", async () => {
  await using scene = await Scene.of(
    `Deno.addSignalListener("SIGTERM", () => note("deaf")); note("ready"); for_ever();`,
  );
  const abort = new AbortController();
  const run = scene.run({ signal: abort.signal, stopWithinMs: 500 });
  const child = await scene.noted("ready");
  abort.abort();
  assert.equal(await run, 128 + 9);
  assert.equal(await alive(child), false);
  assert.deepEqual(scene.told(), ["Killing the program: it did not stop in 500 ms"]);
});

test("whoever asks a second time gets it killed", async () => {
  await using scene = await Scene.of(
    `Deno.addSignalListener("SIGTERM", () => note("deaf")); note("ready"); for_ever();`,
  );
  const { process, end } = await scene.parent({ stopWithinMs: 3_600_000 });
  const child = await scene.noted("ready");
  process.kill("SIGTERM");
  await scene.noted("deaf");
  // Sooner it would pass for an echo of the first.
  await new Promise((resolve) => setTimeout(resolve, 700));
  process.kill("SIGTERM");
  assert.equal((await end).code, 128 + 9);
  assert.equal(await alive(child), false);
  assert.deepEqual(scene.told(), ["Killing the program: it was asked to stop twice"]);
});

test("to stop while nothing runs, between two lives, takes no time", async () => {
  await using scene = await Scene.of(`Deno.exit(1);`);
  const abort = new AbortController();
  const run = scene.run({ signal: abort.signal, backoff: { initialMs: 1, minMs: 3_600_000, maxMs: 3_600_000 } });
  await until("the parent waits", () => scene.told().length === 1);
  abort.abort();
  assert.equal(await run, 0);
});

test("a child whose parent is killed tidies up and leaves", async () => {
  await using scene = await Scene.of(`
    leaveWithParent({ onGone: () => setTimeout(() => { note("tidied up"); Deno.exit(0); }, 100) });
    for_ever();
    note("ready");`);
  const { process, end } = await scene.parent();
  const child = await scene.noted("ready");
  process.kill("SIGKILL");
  await until("the child is gone", async () => !await alive(child));
  await end;
  assert.equal(scene.diary().at(-1), "tidied up");
});

test("a child that hangs while it tidies up after its parent's death leaves all the same", async () => {
  await using scene = await Scene.of(`
    leaveWithParent({ onGone: () => note("hanging"), withinMs: 300 });
    for_ever();
    note("ready");`);
  const { process, end } = await scene.parent();
  const child = await scene.noted("ready");
  process.kill("SIGKILL");
  await until("the child is gone", async () => !await alive(child));
  await end;
  assert.equal(scene.diary().at(-1), "hanging");
});

test("a program by itself does not mind that its standard input ends, nor does what a child starts", async () => {
  await using scene = await Scene.of(`
    leaveWithParent({ onGone: () => note("gone") });
    if (Deno.args[1] !== "grandchild") {
      const [program, ...args] = [Deno.execPath(), "run", "-A", "--quiet", import.meta.filename, diary, "grandchild"];
      await new Deno.Command(program, { args, stdin: "null" }).output();
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    note("done");
    Deno.exit(0);`);
  const [program, ...args] = scene.command;
  const { code } = await new Deno.Command(program, { args, stdin: "null" }).output();
  assert.deepEqual([code, scene.diary().filter((line) => !line.startsWith("born"))], [0, ["done", "done"]]);
  assert.equal(await scene.run(), 0);
  assert.deepEqual(scene.diary().filter((line) => !line.startsWith("born")), ["done", "done", "done", "done"]);
});

test("a watch that is disposed does not keep the process alive", async () => {
  await using scene = await Scene.of(`
    { using watch = leaveWithParent({ onGone: () => note("gone") }); }
    note("end of program");`);
  assert.equal(await scene.run(), 0);
  assert.equal(scene.diary().at(-1), "end of program");
});

test("the parent loads neither the server nor the libraries it stands on", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fileURLToPath(new URL("run_supervised.ts", PARENT))],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  const files = modules.map(({ specifier }) => specifier).filter((specifier) => !specifier.startsWith("node:"));
  assert.ok(files.length < 20, files.join("\n"));
  assert.deepEqual(
    files.filter((file) => !/src\/(cli\/parent|core)\/|actors\/(backoff|budget|timers)\.ts$/.test(file)),
    [],
  );
});

import assert from "node:assert/strict";
import { Log, type LogOptions } from "./log.ts";
import { untilWithin } from "../../tests/support/until.ts";

const until = untilWithin(30_000);

/** Takes what is written, at once or when it is let. */
class Output {
  text = "";
  #gate: Promise<void> | undefined;

  constructor(private readonly terminal = false) {}

  isTerminal(): boolean {
    return this.terminal;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    this.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }

  /** Nobody reads until the answer is called. */
  stall(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  get lines(): Record<string, unknown>[] {
    return this.text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }
}

/** What a log writes of what is said to it. */
async function said(say: (log: Log) => void, options: LogOptions = {}): Promise<Output> {
  const output = new Output();
  const log = new Log({ output, format: "json", now: () => 0, ...options });
  say(log);
  await log[Symbol.asyncDispose]();
  return output;
}

Deno.test("a line is one JSON object with its time, level, message and fields", async () => {
  const { text } = await said((log) => log.warn("The stream stalls", { stream: "gate", forMs: 1200, time: "mine" }));
  assert.equal(
    text,
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","msg":"The stream stalls","stream":"gate","forMs":1200,' +
      '"time_":"mine"}\n',
  );
});

Deno.test("lines below the level are not written", async () => {
  const say = (log: Log) => {
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    log.report("e", {});
  };
  assert.deepEqual((await said(say)).lines.map(({ msg }) => msg), ["b", "c", "d", "e"]);
  assert.deepEqual((await said(say, { level: "error" })).lines.map(({ msg }) => msg), ["d"]);
  assert.deepEqual((await said(say, { level: "debug" })).lines.map(({ msg }) => msg), ["a", "b", "c", "d", "e"]);
});

Deno.test("no secret is written, however it comes", async () => {
  const secret = "hunter2hunter2";
  const { text } = await said((log) => {
    log.error(`Cannot open rtsp://admin:${secret}@gate/: 401`, {
      address: `https://x/?token=${secret}`,
      token: secret,
      headers: { Authorization: `Bearer ${secret}`, "X-Api-Key": secret, cookie: [`a=${secret}`] },
      deep: [{ registration: { password: secret } }],
      error: new Error(`refused rtsp://u:${secret}@h/`, { cause: new Error(`Authorization: Basic ${secret}`) }),
      said: [`Bearer ${secret}`, `password=${secret}`, `{"client_secret":"${secret}"}`, `authorization: ${secret}`],
      map: new Map([["secret", secret]]),
      url: new URL(`rtsp://u:${secret}@h/`),
      [`rtsp://u:${secret}@key/`]: 1,
      long: `${"x".repeat(8000)} rtsp://user:${secret.repeat(200)}@host/`,
    });
  });
  assert.ok(!text.includes(secret), text);
  assert.match(text, /Cannot open rtsp:\/\/\*\*\*@gate\/: 401/);
});

Deno.test("what is no plain data is written as well as it can be, and nothing throws", async () => {
  const circle: Record<string, unknown> = { name: "circle" };
  circle.self = circle;
  const { lines } = await said((log) => {
    log.info("odd", {
      circle,
      big: 12n,
      nan: NaN,
      bytes: new Uint8Array(5),
      at: new Date(0),
      never: undefined,
      call: () => 1,
      error: Object.assign(new RangeError("too far", { cause: "wind" }), { code: "far" }),
      many: Array.from({ length: 1000 }, (_, n) => n),
    });
    log.info("hostile", {
      get field(): string {
        throw new Error("no");
      },
    });
    log.info(
      "hostile too",
      new Proxy({}, {
        ownKeys() {
          throw new Error("no");
        },
      }),
    );
  });
  const [odd, hostile, hostileToo] = lines;
  assert.deepEqual(odd.circle, { name: "circle", self: "…" });
  assert.equal(odd.big, "12");
  assert.equal(odd.nan, "NaN");
  assert.equal(odd.bytes, "5 bytes");
  assert.equal(odd.at, "1970-01-01T00:00:00.000Z");
  assert.ok(!("never" in odd) && !("call" in odd));
  assert.deepEqual(odd.error, { name: "RangeError", message: "too far", code: "far", cause: "wind" });
  assert.equal((odd.many as unknown[]).length, 64);
  assert.equal(hostile.fields, "cannot be read");
  assert.equal(hostileToo.msg, "hostile too");
});

Deno.test("a line has a bound, whatever it is told", async () => {
  const text = "word ".repeat(100_000);
  const output = await said((log) => log.info(text, Object.fromEntries([1, 2, 3, 4].map((n) => [`field${n}`, text]))));
  assert.ok(output.text.length < 40_000, String(output.text.length));
  assert.match(output.text, /\(500000 characters\)/);
});

Deno.test("what repeats is said once, then how often; other streams and other messages are not held back", async () => {
  const output = new Output();
  const log = new Log({ output, format: "json", repeatMs: 1000 });
  for (let n = 1; n <= 18; n++) log.warn("The model threw", { stream: "gate", n });
  log.warn("The model threw", { stream: "yard" });
  log.error("The model threw", { stream: "gate" });
  await until(() => output.text.includes("17 more"), "the summary");
  const [first, yard, error, summary] = output.lines;
  assert.equal(first.n, 1);
  assert.equal(yard.stream, "yard");
  assert.equal(error.level, "error");
  assert.match(String(summary.msg), /^The model threw \(17 more in the last \d+ s\)$/);
  assert.equal(summary.repeated, 17);
  assert.equal(summary.n, 18);
  assert.equal(summary.stream, "gate");
  await log[Symbol.asyncDispose]();
  assert.equal(output.lines.length, 4);
});

Deno.test("what was held back is said at the end, and a message is new again when it was quiet for a while", async () => {
  const output = new Output();
  const log = new Log({ output, format: "json", repeatMs: 5 });
  log.warn("Once");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const quiet = () => {
    log.warn("Once");
    return output.lines.filter(({ msg }) => msg === "Once").length > 1;
  };
  const deadline = Date.now() + 30_000;
  while (!quiet()) {
    assert.ok(Date.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await log[Symbol.asyncDispose]();
  const late = await said((log) => {
    for (let n = 0; n < 3; n++) log.info("Thrice");
  });
  assert.deepEqual(late.lines.map(({ msg }) => msg), ["Thrice", "Thrice (2 more in the last 1 s)"]);
});

Deno.test("figures are never summarised", async () => {
  const { lines } = await said((log) => {
    for (let n = 0; n < 3; n++) log.report("performance", { stream: "gate", n });
  });
  assert.deepEqual(lines.map(({ n }) => n), [0, 1, 2]);
});

Deno.test("a thousand kinds of messages are remembered no more than a few at a time, and none is lost", async () => {
  const { lines } = await said((log) => {
    for (let n = 0; n < 1000; n++) for (let times = 0; times < 2; times++) log.info(`message ${n}`);
  }, { capacity: 5000 });
  assert.equal(lines.length, 2000);
});

Deno.test("a reader that is too slow costs lines, counted and told, and holds nobody up", async () => {
  const output = new Output();
  const resume = output.stall();
  const log = new Log({ output, format: "json", capacity: 10 });
  log.info("first");
  await Promise.resolve();
  for (let n = 0; n < 100; n++) log.info(`line ${n}`);
  assert.equal(output.text, "");
  assert.equal(log.dropped, 90);
  resume();
  await log[Symbol.asyncDispose]();
  const { lines } = output;
  assert.equal(lines[1].lost, 90);
  assert.equal(lines[1].level, "warn");
  assert.equal(lines[2].msg, "line 90");
  assert.equal(lines.length, 12);
});

Deno.test("a reader that is gone does no harm", async () => {
  const log = new Log({
    format: "json",
    output: { isTerminal: () => false, write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) },
  });
  log.info("one");
  await new Promise((resolve) => setTimeout(resolve, 0));
  log.info("two");
  await log[Symbol.asyncDispose]();
  assert.equal(log.dropped, 2);
});

Deno.test("on a terminal a line is text, and what comes from outside cannot look like another line", async () => {
  const output = new Output(true);
  const log = new Log({ output, now: () => 0 });
  log.warn("Hello\n1970 ERROR forged", { stream: "gate", said: "a b=\x1b[31mred\x9b", cause: { code: "x" }, none: "" });
  await log[Symbol.asyncDispose]();
  // deno-lint-ignore no-control-regex
  const plain = output.text.replace(/\x1b\[\d+m/g, "");
  assert.equal(
    plain,
    `1970-01-01T00:00:00.000Z WARN  "Hello\\n1970 ERROR forged" stream=gate said="a b=\\u001b[31mred\\u009b" ` +
      `cause={"code":"x"} none=""\n`,
  );
  const forced = await said((log) => log.info("a"), { format: "text" });
  assert.equal(forced.text, "1970-01-01T00:00:00.000Z INFO  a\n");
});

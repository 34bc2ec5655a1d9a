import { Log } from "../../src/telemetry/log.ts";

// Run by tests in a process of its own: says so many lines on standard error, then on standard output what became of it.

const log = new Log({ level: "debug" });
for (let n = 0; n < Number(Deno.args[0]); n++) {
  log.debug(`line ${n}`, { token: "hunter2hunter2", said: "x".repeat(500) });
  if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}
await log[Symbol.asyncDispose]();
await Deno.stdout.write(new TextEncoder().encode(String(log.dropped)));
Deno.exit(0);

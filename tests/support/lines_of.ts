import assert from "node:assert/strict";

/** However busy the machine is. */
const DEADLINE_MS = 120_000;

/** Runs a program until it has printed so many lines that match, and answers these. */
export async function linesOf(command: string, args: string[], pattern: RegExp, count: number): Promise<string[]> {
  const child = new Deno.Command(command, { args, stdout: "piped", stderr: "inherit", stdin: "null" }).spawn();
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  const found: string[] = [];
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    found.push(...lines.filter((line) => pattern.test(line)));
    if (found.length >= count) break;
  }
  clearTimeout(deadline);
  try {
    child.kill("SIGKILL");
  } catch { /* It has ended by itself. */ }
  await child.status;
  assert.ok(found.length >= count, `${command} ${args.join(" ")}: ${found.length} of ${count}`);
  return found;
}

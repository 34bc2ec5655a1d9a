import { weirArguments } from "./fresh_process.ts";

/** Milliseconds from starting `weir run scene:pitch` as a user does to its first line of results. */
export async function firstResultMs(): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: weirArguments(["run", "scene:pitch"]),
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const complaint = new Response(child.stderr).text();
  const output = child.stdout.getReader();
  const { value } = await output.read();
  const ms = performance.now() - start;
  if (value) child.kill("SIGTERM");
  await output.cancel();
  await child.status;
  if (!value) throw new Error(`Cannot time the first result: weir run ended without one\n${await complaint}`);
  return ms;
}

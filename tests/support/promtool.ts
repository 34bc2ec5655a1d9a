import { succeeds } from "./python_env.ts";

/** Whether Prometheus' own judge of expositions is on this machine (Debian: prometheus). */
export function hasPromtool(): Promise<boolean> {
  return succeeds("promtool", "--version");
}

/** What promtool has to say against an exposition; nothing when all is well. */
export async function promtool(text: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return success ? said : said || "promtool is not content";
}

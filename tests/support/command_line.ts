import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** How a command line ended, and what it said. */
export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** The words that start `weir` with these arguments. */
export function weirCommand(args: readonly string[]): [program: string, ...args: string[]] {
  // Types are checked elsewhere, once.
  return [Deno.execPath(), "run", "-A", "--quiet", "--no-check", MAIN, ...args];
}

/** Starts `weir` as a user does, in a process of its own. */
export function spawnWeir(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  const [program, ...words] = weirCommand(args);
  return new Deno.Command(program, {
    args: words,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  }).spawn();
}

/** Runs `weir` to its end. */
export async function weir(...args: string[]): Promise<CommandEnd> {
  const { code, stdout, stderr } = await spawnWeir(args).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

import { fileURLToPath } from "node:url";
import { directories } from "../../config/directories.ts";
import { allocatorSettings } from "./parent/allocator_settings.ts";
import { EXIT } from "./parent/exit_codes.ts";
import { PARENT_VARIABLE } from "./parent/leave_with_parent.ts";
import { runSupervised } from "./parent/run_supervised.ts";
import { parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { serveHelp } from "./serve_flags.ts";
import { UsageError } from "./usage_error.ts";

/** What the server may do: it starts no program but the one that tells of NVIDIA's devices. */
const PERMISSIONS = ["-R", "-W", "-E", "-S", "-N", "--allow-ffi", "--allow-run=nvidia-smi"];

/** `weir serve`: the server, under a small parent that starts it again should it crash. Answers the exit code. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const { flags, help, positionals } = parseFlags(serveHelp, args);
  if (help) {
    print(helpPage(serveHelp));
    return EXIT.done;
  }
  if (positionals.length > 0) {
    throw new UsageError("weir serve takes no sources; register them over HTTP, or put them into --config");
  }
  if (flags["no-parent"] || Deno.env.get(PARENT_VARIABLE) !== undefined) {
    // The parent has no use for the server: a literal would have Deno read all of it in both processes.
    const server = new URL("./serve_child.ts", import.meta.url).href;
    const { serve }: typeof import("./serve_child.ts") = await import(server);
    return await serve(flags);
  }
  const { readableLog } = await import("./serve_log.ts");
  const dataDir = flags["data-dir"] ?? directories().data;
  return await runSupervised({
    command: [Deno.execPath(), ...ownArguments(["serve", ...args])],
    env: { ...allocatorSettings(Deno.env.toObject()), WEIR_DATA_DIR: dataDir },
    ...(Deno.stderr.isTerminal() && { onLine: readableLog(Deno.stderr) }),
  });
}

/** The arguments with which this very program is started anew: as a binary of its own, or from its source. */
function ownArguments(args: readonly string[]): string[] {
  if (Deno.build.standalone) return [...args];
  const main = new URL("../main.ts", import.meta.url);
  const config = new URL("../../deno.json", import.meta.url);
  return ["run", "--quiet", "--no-prompt", ...PERMISSIONS, "--config", fileURLToPath(config), main.href, ...args];
}

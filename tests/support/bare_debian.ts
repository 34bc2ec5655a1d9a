import { homedir } from "node:os";
import { join } from "node:path";
import { succeeds } from "./python_env.ts";

/**
 * The root of a Debian 12 with nothing but what every Debian has, made once by debootstrap and kept in the cache folder;
 * undefined where it cannot be made: that takes root, debootstrap and Debian's archive.
 */
export async function bareDebian(): Promise<string | undefined> {
  const given = Deno.env.get("WEIR_BARE_ROOT");
  if (given) return given;
  if (Deno.build.os !== "linux" || Deno.uid() !== 0 || !await succeeds("debootstrap", "--version")) return undefined;
  const tests = join(Deno.env.get("XDG_CACHE_HOME") ?? join(homedir() ?? "/", ".cache"), "weir", "tests");
  const kept = join(tests, `bare-bookworm-${Deno.build.arch}`);
  if (await succeeds("test", "-e", kept)) return kept;
  await Deno.mkdir(tests, { recursive: true });
  const making = await Deno.makeTempDir({ dir: tests, prefix: "making-" });
  if (await succeeds("debootstrap", "--variant=minbase", "bookworm", making)) {
    await Deno.chmod(making, 0o755);
    await Deno.rename(making, kept);
    return kept;
  }
  await Deno.remove(making, { recursive: true });
  return undefined;
}

import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A Python with what the guests' programs import, as a file of theirs lists it, in an environment that is made once and kept in the cache folder;
 * undefined where there is none to be had.
 */
export async function guestPython(list = "requirements.txt"): Promise<string | undefined> {
  const requirements = fileURLToPath(new URL(`guests/${list}`, import.meta.url));
  const digest = createHash("sha256").update(await Deno.readTextFile(requirements)).digest("hex").slice(0, 12);
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  const kept = join(cache, "weir", "tests", `python-${digest}`);
  const python = join(kept, "bin", "python");
  if (await succeeds(python, "--version")) return python;
  // Made beside its place and moved there as a whole: nobody finds half of it.
  await Deno.mkdir(join(cache, "weir", "tests"), { recursive: true });
  const making = await Deno.makeTempDir({ dir: join(cache, "weir", "tests"), prefix: "making-" });
  try {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    const made = await succeeds("python3", "-m", "venv", making) &&
      await succeeds(join(making, "bin", "python"), ...pip);
    if (!made) return undefined;
    await Deno.rename(making, kept).catch((error) => {
      // Another test was faster.
      if (!(error instanceof Deno.errors.AlreadyExists) && !/not empty/i.test(`${error}`)) throw error;
    });
    return python;
  } finally {
    await Deno.remove(making, { recursive: true }).catch(() => {});
  }
}

/** Whether a program is there and ends well. */
export async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}

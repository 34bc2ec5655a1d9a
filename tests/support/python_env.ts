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
    const made = await succeeds("python3", "-m", "venv", "--without-pip", making) &&
      await install(making, requirements);
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

/**
 * Installs what a file lists into an environment. Compiling all of it takes longer than the tests do: what is imported is
 * compiled then, and kept in the environment, whatever a program's own settings are.
 */
async function install(environment: string, requirements: string): Promise<boolean> {
  const into = ["--python", join(environment, "bin", "python"), "install", "--quiet", "--disable-pip-version-check"];
  const args = [...into, "--no-compile", "-r", requirements];
  // Not every Python brings pip along, but each brings what makes one.
  const pip = join(environment, "pip");
  const done = await succeeds("python3", "-m", "pip", ...args) ||
    await succeeds("python3", "-m", "venv", pip) && await succeeds(join(pip, "bin", "python"), "-m", "pip", ...args);
  if (!done) return false;
  await Deno.remove(pip, { recursive: true }).catch(() => {});
  for await (const { name } of Deno.readDir(join(environment, "lib"))) {
    await Deno.writeTextFile(join(environment, "lib", name, "site-packages", "sitecustomize.py"), KEEP_COMPILED);
  }
  return true;
}

const KEEP_COMPILED = `import sys

sys.dont_write_bytecode = False
sys.pycache_prefix = sys.prefix + "/compiled"
`;

/** Whether a program is there and ends well. */
export async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}

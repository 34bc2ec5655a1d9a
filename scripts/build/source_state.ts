/** Which source is built. */
export interface SourceState {
  /** The commit, with a `+` when files differ from it. */
  commit: string;
  /** The commit's time, in seconds: the time of all files that are built from it. */
  mtimeS: number;
}

/** Asks Git; `WEIR_COMMIT` and `SOURCE_DATE_EPOCH` count more. Without either, nobody knows. */
export async function sourceState(root: string): Promise<SourceState> {
  const given = Deno.env.get("WEIR_COMMIT");
  if (given) return { commit: given, mtimeS: Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? 0) };
  if (!await inRepository(root)) return { commit: "unknown", mtimeS: Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? 0) };
  const [commit, mtimeS] = (await git(root, "log", "-1", "--format=%H %ct")).split(" ");
  const changed = await git(root, "status", "--porcelain", "--untracked-files=no");
  return { commit: changed === "" ? commit : `${commit}+`, mtimeS: Number(mtimeS) };
}

async function inRepository(root: string): Promise<boolean> {
  try {
    return (await Deno.stat(`${root}/.git`)) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    // A repository that belongs to somebody else, as in many a build service, is only read.
    args: ["-c", "safe.directory=*", "-C", root, ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`Cannot tell which source is built: git: ${text(stderr)}`);
  return text(stdout);
}

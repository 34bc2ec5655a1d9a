import { dirname, join } from "node:path";

/** What `deno compile` is given. */
export interface CompileOptions {
  /** The program's files, below its folder. */
  files: ReadonlyMap<string, Uint8Array>;
  root: string;
}

/**
 * One file by `deno compile`, which fetches its base executable from the network, or takes the one in `DENORT_BIN`.
 * `--self-extracting` puts the files on disk at the first start: native libraries cannot be loaded from elsewhere.
 */
export async function compileExecutable({ files }: CompileOptions): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "weir-build-" });
  try {
    for (const [path, bytes] of files) {
      const target = join(folder, "app", path);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeFile(target, bytes);
    }
    const app = join(folder, "app");
    const out = join(folder, Deno.build.os === "windows" ? "weir.exe" : "weir");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        "-A",
        "--no-check",
        "--self-extracting",
        "--include",
        app,
        "--output",
        out,
        join(app, "main.js"),
      ],
      cwd: app,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`Cannot compile: ${new TextDecoder().decode(stderr).trim()}`);
    return await Deno.readFile(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

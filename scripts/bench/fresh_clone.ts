import { join } from "node:path";
import { BrowserPage, CHROMIUM } from "../../tests/support/browser.ts";

/** How long a fresh clone took, in seconds from before it was made. */
export interface FreshClone {
  clonedS: number;
  /** The server has said where it is. */
  serverS: number;
  /** A browser has drawn a result. */
  drawnS: number;
}

/**
 * Clones the repository, runs the README's first command, and looks at the console until a result is drawn on a picture.
 * Nothing that was fetched before is there: npm's cache, npx's programs, Deno's cache and the home folder are new, so that
 * Deno and all packages come from the registry.
 */
export async function freshClone(root: string): Promise<FreshClone> {
  if (!CHROMIUM) throw new Error("Cannot look at the console: there is no Chromium");
  const folder = await Deno.makeTempDir({ prefix: "weir-fresh-" });
  const startedMs = performance.now();
  const elapsedS = () => (performance.now() - startedMs) / 1000;
  try {
    const clone = join(folder, "weir"), home = join(folder, "home");
    await Deno.mkdir(home);
    const git = await new Deno.Command("git", { args: ["clone", "--quiet", `file://${root}`, clone] }).output();
    if (!git.success) throw new Error(`Cannot clone ${root}: ${new TextDecoder().decode(git.stderr)}`);
    const clonedS = elapsedS();
    await using server = new FirstCommand(clone, home);
    const url = await server.url();
    const serverS = elapsedS();
    await using page = await BrowserPage.open({ width: 1280, height: 900 });
    await page.goto(`${url}/#/streams/default`);
    await page.until(`document.querySelector("canvas.live")?.dataset.result`);
    return { clonedS, serverS, drawnS: elapsedS() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `npx -y deno@VERSION task start`, as the README has it, on any port. */
class FirstCommand implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #complaint: Promise<string>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(clone: string, home: string) {
    const readme = Deno.readTextFileSync(join(clone, "README.md"));
    const command = /^(npx -y deno@\S+ task start)\b/m.exec(readme)?.[1];
    if (!command) throw new Error("Cannot tell what the first command is: the README has lost it");
    const [program, ...args] = command.split(" ");
    const { DENO_DIR: _, ...env } = Deno.env.toObject();
    this.#child = new Deno.Command(program, {
      args,
      cwd: clone,
      clearEnv: true,
      env: { ...env, ...places(home), WEIR_SERVER__PORT: "0" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.#complaint = new Response(this.#child.stderr).text();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Where the server is, once it says so. */
  async url(): Promise<string> {
    for (let said = "";;) {
      const url = /^Weir \S+ is at (\S+)$/m.exec(said)?.[1];
      if (url) return url;
      const { done, value } = await this.#lines.read();
      if (done) throw new Error(`The first command ended before it said where the server is: ${await this.#complaint}`);
      said += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // npx, the task's shell and the server are one group.
    Deno.kill(-this.#child.pid, "SIGTERM");
    while (!(await this.#lines.read()).done);
    await this.#child.status;
    await this.#complaint;
  }
}

/** Where programs keep what they fetch and make: nowhere that anything was before. */
function places(home: string): Record<string, string> {
  return {
    HOME: home,
    npm_config_cache: join(home, "npm"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
  };
}

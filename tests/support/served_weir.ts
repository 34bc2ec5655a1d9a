import { weirCommand } from "./command_line.ts";

/** How the server is started. */
export interface ServedOptions {
  flags?: readonly string[];
  env?: Record<string, string>;
}

/** The server as a user starts it, at a free port, with a data directory of its own; dispose ends it. */
export class ServedWeir implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly child: Deno.ChildProcess,
    private readonly said: Promise<void>,
    private readonly dataDir: string,
  ) {}

  static async start({ flags = [], env = {} }: ServedOptions = {}): Promise<ServedWeir> {
    const dataDir = await Deno.makeTempDir({ prefix: "weir-served-" });
    const [program, ...args] = weirCommand(["serve", "--no-parent", "--port", "0", "--data-dir", dataDir, ...flags]);
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", WEIR_TOKEN: "", ...env },
    }).spawn();
    const errors = new Response(child.stderr).text();
    const url = Promise.withResolvers<string>();
    const said = (async () => {
      let text = "";
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        const found = /^Weir \S+ is at (\S+)$/m.exec(text)?.[1];
        if (found) url.resolve(found);
      }
      url.reject(new Error(`The server did not start: ${await errors}`));
    })();
    url.promise.catch(() => {});
    try {
      return new ServedWeir(await url.promise, child, said, dataDir);
    } catch (error) {
      await child.status;
      await Deno.remove(dataDir, { recursive: true });
      throw error;
    }
  }

  /** What a path of it answers. */
  // deno-lint-ignore no-explicit-any -- a test looks into answers of every shape
  async json(path: string, init?: RequestInit): Promise<any> {
    const response = await fetch(`${this.url}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Waits until a stream has shown a result. */
  async firstResult(stream = "default"): Promise<void> {
    for (;;) {
      const { status } = await this.json(`/api/v1/streams/${stream}`);
      if (status?.frames.completed > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGTERM");
    } catch { /* It has ended by itself. */ }
    await this.child.status;
    await this.said;
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

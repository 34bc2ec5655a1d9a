import { freeTcpPort } from "./gate.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

/** The program as a user starts it, at one address for as long as the test lasts: it can be killed and started again. */
export class ConsoleServer implements AsyncDisposable {
  #child: Deno.ChildProcess | undefined;

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    private readonly token: string,
    private readonly flags: readonly string[],
  ) {}

  /** `flags`: of the command line, besides the usual ones. */
  static async start(
    { token = "", flags = [] }: { token?: string; flags?: readonly string[] } = {},
  ): Promise<ConsoleServer> {
    const dataDir = await Deno.makeTempDir({ prefix: "weir-console-" });
    const server = new ConsoleServer(dataDir, freeTcpPort(), token, flags);
    try {
      await server.run();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, again perhaps; resolves once it listens. */
  async run(): Promise<void> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "-A",
        MAIN,
        "serve",
        "--no-parent",
        "--port",
        `${this.port}`,
        "--data-dir",
        this.dataDir,
        ...this.flags,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      env: { NO_COLOR: "1", WEIR_TOKEN: this.token },
    }).spawn();
    this.#child = child;
    const listens = Promise.withResolvers<void>();
    let said = "";
    // Read to its end, or the program would wait for a reader.
    const read = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write(text) {
          said += text;
          if (/^Weir \S+ is at /m.test(said)) listens.resolve();
        },
      }),
    );
    read.finally(() => listens.reject(new Error(`The server ended before it listened: ${said}`))).catch(() => {});
    await listens.promise;
  }

  /** Ends it without a word, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill("SIGKILL");
    await child.status;
  }

  /** Stops it where it stands, as a machine that hangs: its connections stay and nothing is answered. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** One request, answered with JSON or nothing. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(this.token !== "" && { authorization: `Bearer ${this.token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Adds a model, or a version of one that is there. */
  async addModel(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const form = new FormData();
    form.set("name", name);
    form.set("file", new File([bytes], `${name}.onnx`));
    const response = await fetch(`${this.url}/api/v1/models`, { method: "POST", body: form });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`Cannot add ${name}: ${response.status} ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

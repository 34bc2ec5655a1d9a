/** A program of another make, run beside a test; its lines are JSON. */
export class GuestProcess implements AsyncDisposable {
  // deno-lint-ignore no-explicit-any -- a test looks into lines of every shape
  readonly lines: any[] = [];
  /** How it ended. */
  readonly ended: Promise<{ code: number; complaint: string }>;
  readonly #child: Deno.ChildProcess;

  constructor(command: string, args: readonly string[]) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { PYTHONUNBUFFERED: "1", NO_COLOR: "1" },
    }).spawn();
    const complaint = new Response(this.#child.stderr).text();
    this.ended = this.#read().then(async () => {
      const { code } = await this.#child.status;
      return { code, complaint: await complaint };
    });
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines.map((line) => JSON.parse(line)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.ended;
  }
}

/** Where this machine has its browser, if it has one. */
export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

const PATIENCE_MS = 60_000;

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A page in a real browser, driven through its debugging protocol. */
export class BrowserPage implements AsyncDisposable {
  /** What the page or the browser complained of: exceptions, refused scripts, failed requests. */
  readonly complaints: string[] = [];
  readonly #pending = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>();
  #next = 1;

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts a browser, with flags besides the usual ones, and opens an empty page of a size. */
  static async open(size: { width: number; height: number }, flags: readonly string[] = []): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir({ prefix: "weir-browser-" });
    const process = new Deno.Command(CHROMIUM!, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        `--window-size=${size.width},${size.height}`,
        ...flags,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const port = await debuggingPort(profile);
      const pages: { type: string; webSocketDebuggerUrl: string }[] =
        await (await fetch(`http://127.0.0.1:${port}/json`))
          .json();
      const socket = new WebSocket(pages.find(({ type }) => type === "page")!.webSocketDebuggerUrl);
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      const page = new BrowserPage(process, profile, socket);
      for (const domain of ["Page", "Runtime", "Log"]) await page.send(`${domain}.enable`);
      return page;
    } catch (error) {
      await end(process, profile);
      throw error;
    }
  }

  /** The browser's first process; the others descend from it. */
  get pid(): number {
    return this.process.pid;
  }

  /** Goes to an address. */
  async goto(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
  }

  /** What an expression comes to in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    }) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Until an expression is true in the page. What it looks into may not be there yet, nor the page itself. */
  async until(expression: string, patienceMs = PATIENCE_MS): Promise<void> {
    const endsAtMs = Date.now() + patienceMs;
    for (;;) {
      let fault = "";
      try {
        if (await this.evaluate(`Boolean(${expression})`)) return;
      } catch (error) {
        fault = ` (${(error as Error).message.split("\n")[0]})`;
      }
      if (Date.now() > endsAtMs) throw new Error(`It never became true in the page: ${expression}${fault}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** One command of the protocol. */
  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.socket.close();
    await end(this.process, this.profile);
    await closed;
  }

  #take({ id, method, params, result, error }: Message): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (pending) {
      this.#pending.delete(id!);
      if (error) pending.reject(new Error(error.message));
      else pending.resolve(result ?? {});
    }
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params));
    if (method === "Log.entryAdded") this.complaints.push(JSON.stringify(params?.entry));
  }
}

/** The browser writes its port into its profile once it listens. */
async function debuggingPort(profile: string): Promise<number> {
  const endsAtMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
    const port = Number.parseInt(text);
    if (port > 0) return port;
    if (Date.now() > endsAtMs) throw new Error("The browser does not listen for its debugger");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function end(process: Deno.ChildProcess, profile: string): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
  // Its own children take a moment longer to let go of the profile.
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

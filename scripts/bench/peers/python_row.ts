import type { ModelSpec } from "../../../src/core/model.ts";
import type { PeerDetection } from "./agreement.ts";

/** One run of a Python row. */
export interface PythonRun {
  python: string;
  row: string;
  spec: ModelSpec;
  /** Files or addresses; they are spread over as many processes as there are cores. */
  sources: readonly string[];
  processes: number;
  /** Sources are cameras that play the `counter` scene. */
  live: boolean;
  seconds: number;
  /** Of the first so many frames of each source the detections are kept. */
  keepFrames: number;
}

/** What came out. */
export interface PythonRunResult {
  /** Moment (Unix milliseconds), source, and frame number or burned-in counter of each result. */
  results: [atMs: number, source: number, number: number][];
  /** Detections of the first source's first frames. */
  kept: Map<number, PeerDetection[]>;
  cpuSeconds: number;
}

interface Answer {
  results: PythonRunResult["results"];
  kept: Record<string, Record<string, PeerDetection[]>>;
  cpuSeconds: number;
}

/** A process that hangs this long beyond its time, opening included, is ended: that is a finding, not a reason to wait. */
const PATIENCE_SECONDS = 90;

/** Runs one row: its processes are started together once all have loaded what they need. */
export async function runPython(run: PythonRun): Promise<PythonRunResult> {
  const groups = Array.from(
    { length: run.processes },
    (_, group) => run.sources.map((_, n) => n).filter((n) => n % run.processes === group),
  ).filter((group) => group.length > 0);
  const processes = groups.map((group) => new PythonProcess(run, group));
  try {
    await Promise.all(processes.map((process) => process.ready()));
    const answers = await Promise.all(processes.map((process) => process.go(run.seconds + PATIENCE_SECONDS)));
    return {
      results: answers.flatMap(({ results }, n) =>
        results.map(([atMs, source, number]) => [atMs, groups[n][source], number] as [number, number, number])
      ),
      kept: new Map(Object.entries(answers[0].kept["0"] ?? {}).map(([frame, found]) => [Number(frame), found])),
      cpuSeconds: answers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    };
  } finally {
    for (const process of processes) process.kill();
  }
}

class PythonProcess {
  #child: Deno.ChildProcess;
  #lines: ReadableStreamDefaultReader<string>;
  #text = "";
  #complaint: Promise<string>;
  #row: string;

  constructor(run: PythonRun, group: readonly number[]) {
    const { python, row, spec, live, seconds, keepFrames } = run;
    this.#row = row;
    const request = { row, spec, live, seconds, keepFrames, sources: group.map((n) => run.sources[n]) };
    this.#child = new Deno.Command(python, {
      args: [new URL("./peer.py", import.meta.url).pathname, JSON.stringify(request)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { PYTHONDONTWRITEBYTECODE: "1" },
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#complaint = new Response(this.#child.stderr).text();
  }

  async ready(): Promise<void> {
    while (await this.#line() !== "ready");
  }

  async go(timeoutSeconds: number): Promise<Answer> {
    const timer = setTimeout(() => this.kill(), timeoutSeconds * 1000);
    const input = this.#child.stdin.getWriter();
    await input.write(new TextEncoder().encode("go\n"));
    await input.close();
    for (;;) {
      const line = await this.#line();
      if (!line.startsWith('{"results"')) continue;
      clearTimeout(timer);
      await this.#child.status;
      return JSON.parse(line);
    }
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #line(): Promise<string> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`Cannot run the row ${this.#row}: ${(await this.#complaint).slice(-2000)}`);
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }
}

import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { median } from "../bench/statistics.ts";
import { hostTarget } from "./target.ts";

/** What shipping costs, on this machine, now. */
export interface Measured {
  sizeMB: number;
  /** From the command to `/ready`, nothing unpacked before. */
  firstStartS: number;
  laterStartS: number;
  laterStartWithDemoS: number;
  /** Memory of all processes, each page counted once for all who share it. */
  idleMB: number;
  oneStreamMB: number;
}

const SETTLE_MS = 15_000;

/** Starts the file as a server, measures, and stops it. */
class Server implements AsyncDisposable {
  private constructor(private readonly child: Deno.ChildProcess, readonly readyS: number) {}

  static async start(file: string, cache: string, ...flags: string[]): Promise<Server> {
    const startedMs = performance.now();
    const child = new Deno.Command(file, {
      args: ["serve", "--port", "0", "--data-dir", `${cache}/data-${Math.random()}`, ...flags],
      env: { WEIR_CACHE_DIR: cache },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    let url: string | undefined;
    while (url === undefined) {
      const { done, value } = await lines.read();
      if (done) throw new Error(`${file} ended before it said where it is`);
      url = /^Weir \S+ is at (\S+)$/m.exec(said += value)?.[1];
    }
    void (async () => {
      while (!(await lines.read()).done);
    })();
    for (;;) {
      const response = await fetch(`${url}/ready`);
      await response.body?.cancel();
      if (response.ok) return new Server(child, (performance.now() - startedMs) / 1000);
      await pause(10);
    }
  }

  async memoryMB(): Promise<number> {
    await pause(SETTLE_MS);
    let kB = 0;
    for (const pid of await family(this.child.pid)) {
      kB += Number(/^Pss:\s+(\d+)/m.exec(await Deno.readTextFile(`/proc/${pid}/smaps_rollup`))![1]);
    }
    return kB / 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.status;
  }
}

async function family(pid: number): Promise<number[]> {
  const own = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim();
  const children = own === "" ? [] : own.split(" ").map(Number);
  return [pid, ...(await Promise.all(children.map(family))).flat()];
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a built file again and again, in a cache of its own, and measures. */
export async function measure(file: string, runs: number): Promise<Measured> {
  const cache = await Deno.makeTempDir({ prefix: "weir-measure-" });
  const starts = async (...flags: string[]) => {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      await using server = await Server.start(file, cache, ...flags);
      times.push(server.readyS);
    }
    return median(times);
  };
  const memory = async (...flags: string[]) => {
    await using server = await Server.start(file, cache, ...flags);
    return await server.memoryMB();
  };
  try {
    const firstStartS = await (async () => {
      await using server = await Server.start(file, cache);
      return server.readyS;
    })();
    return {
      sizeMB: (await Deno.stat(file)).size / 1e6,
      firstStartS,
      laterStartS: await starts(),
      laterStartWithDemoS: await starts("--demo"),
      idleMB: await memory(),
      oneStreamMB: await memory("--demo"),
    };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { runs: { type: "string", default: "5" } },
    allowPositionals: true,
  });
  const built = join(import.meta.dirname!, "..", "..", "dist", `weir-${hostTarget().name}`);
  const measured = await measure(positionals[0] ?? built, Number(values.runs));
  process.stdout.write(
    `${JSON.stringify(measured, (_, value) => typeof value === "number" ? +value.toFixed(2) : value, 2)}\n`,
  );
}

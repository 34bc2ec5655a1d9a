import { delay } from "../delay.ts";
import { round } from "../statistics.ts";

/** How a service is started. */
export interface ServiceCommand {
  command: string;
  args: string[];
  env?: Record<string, string>;
  port: number;
}

/** What a service has used so far, all its processes together. */
export interface ServiceUsage {
  atMs: number;
  cpuSeconds: number;
  /** Memory, shared pages counted in proportion; undefined where the system does not tell. */
  pssMb?: number;
}

const READY_MS = 60_000;
const STOP_MS = 15_000;
const TICKS_PER_SECOND = 100;

/** A service that runs, in processes of its own. */
export class ServiceProcess implements AsyncDisposable {
  readonly url: string;
  #said = "";
  #ends: Promise<unknown>[];

  private constructor(readonly child: Deno.ChildProcess, readonly port: number) {
    this.url = `http://127.0.0.1:${port}`;
    // What nobody reads would stop who says it.
    this.#ends = [child.stdout, child.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        this.#said = (this.#said + text).slice(-4000);
      }
    });
  }

  /** Starts a service; answers when it says that it is ready, and how long that took. */
  static async start(
    { command, args, env, port }: ServiceCommand,
  ): Promise<{ service: ServiceProcess; readyMs: number }> {
    const startedAtMs = performance.now();
    const child = new Deno.Command(command, { args, env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    const service = new ServiceProcess(child, port);
    let gone = false;
    void child.status.then(() => gone = true);
    while (performance.now() < startedAtMs + READY_MS) {
      const response = await fetch(`${service.url}/ready`).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return { service, readyMs: round(performance.now() - startedAtMs, 0) };
      if (gone) throw new Error(`${command} ended before it was ready:\n${service.#said}`);
      await delay(5);
    }
    await service[Symbol.asyncDispose]();
    throw new Error(`${command} was not ready in time:\n${service.#said}`);
  }

  /** What it has used so far. */
  usage(): ServiceUsage {
    const pids = family(this.child.pid);
    const pss = pids.map(pssMb);
    return {
      atMs: performance.now(),
      cpuSeconds: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
      ...(pss.every((mb) => mb !== undefined) && { pssMb: Math.round(pss.reduce((sum, mb) => sum + mb!, 0)) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const kill = (signal: Deno.Signal) => {
      try {
        this.child.kill(signal);
      } catch { /* It has ended already. */ }
    };
    kill("SIGTERM");
    const timer = setTimeout(() => kill("SIGKILL"), STOP_MS);
    await this.child.status;
    clearTimeout(timer);
    await Promise.all(this.#ends);
  }
}

/** Cores that were busy between two readings, on average. */
export function cores(before: ServiceUsage, after: ServiceUsage): number {
  return round((after.cpuSeconds - before.cpuSeconds) / ((after.atMs - before.atMs) / 1000), 3);
}

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A process and all that come from it; without Linux's /proc only itself. */
function family(root: number): number[] {
  const pids = [root];
  for (let index = 0; index < pids.length; index++) {
    try {
      for (const { name } of Deno.readDirSync(`/proc/${pids[index]}/task`)) {
        const text = Deno.readTextFileSync(`/proc/${pids[index]}/task/${name}/children`);
        pids.push(...text.split(" ").filter(Boolean).map(Number));
      }
    } catch { /* It has just ended. */ }
  }
  return pids;
}

function cpuSeconds(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

function pssMb(pid: number): number | undefined {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`));
    return pss ? Number(pss[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

import type { Metrics } from "./metrics.ts";

/** One graphics processor as nvidia-smi sees it; what it does not tell is undefined. */
export interface GpuReading {
  gpu: string;
  name: string;
  /** Share of the time in which something ran, 0 to 1. */
  utilization?: number;
  memoryUsedBytes?: number;
  memoryBytes?: number;
}

/** How the graphics processors are asked. */
export interface GpuMetricsOptions {
  /** Default `nvidia-smi`. */
  program?: string;
  /** Unix milliseconds. */
  now?: () => number;
}

const ASK_EVERY_MS = 10_000;
const ANSWER_TIMEOUT_MS = 5_000;
const FORGET_AFTER_MS = 60_000;
const QUERY = ["index", "name", "utilization.gpu", "memory.used", "memory.total"];
const MIB = 2 ** 20;

/**
 * Utilisation and memory of NVIDIA's processors. A scrape never waits: it takes what the last asking brought, and asks
 * anew when that is old. Where the program is not there it is asked once and never again.
 */
export class GpuMetrics implements AsyncDisposable {
  #readings: readonly GpuReading[] = [];
  #readAtMs = -Infinity;
  #askedAtMs = -Infinity;
  #asking: Promise<void> | undefined;
  #stop = new AbortController();
  #absent = false;
  #program: string;
  #now: () => number;

  constructor(metrics: Metrics, { program = "nvidia-smi", now = Date.now }: GpuMetricsOptions = {}) {
    this.#program = program;
    this.#now = now;
    const gauge = (name: string, help: string, value: (reading: GpuReading) => number | undefined) =>
      metrics.asked({
        type: "gauge",
        name,
        help,
        labels: ["gpu", "name"],
        read: (say) => {
          for (const reading of this.#fresh()) {
            const known = value(reading);
            if (known !== undefined) say(known, { gpu: reading.gpu, name: reading.name });
          }
        },
      });
    gauge("weir_gpu_utilization_ratio", "Share of the time in which a GPU ran something.", (gpu) => gpu.utilization);
    gauge("weir_gpu_memory_used_bytes", "Memory of a GPU in use.", (gpu) => gpu.memoryUsedBytes);
    gauge("weir_gpu_memory_size_bytes", "Memory of a GPU in all.", (gpu) => gpu.memoryBytes);
  }

  /** Asks in the background when the last asking is long enough ago; resolves when that is done. */
  refresh(): Promise<void> {
    const due = !this.#absent && !this.#stop.signal.aborted && this.#now() - this.#askedAtMs >= ASK_EVERY_MS;
    if (due && !this.#asking) {
      this.#askedAtMs = this.#now();
      this.#asking = this.#ask().finally(() => this.#asking = undefined);
    }
    return this.#asking ?? Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#asking;
  }

  #fresh(): readonly GpuReading[] {
    void this.refresh();
    return this.#now() - this.#readAtMs < FORGET_AFTER_MS ? this.#readings : [];
  }

  async #ask(): Promise<void> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), ANSWER_TIMEOUT_MS);
    try {
      const { success, stdout } = await new Deno.Command(this.#program, {
        args: [`--query-gpu=${QUERY.join(",")}`, "--format=csv,noheader,nounits"],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
        signal: AbortSignal.any([this.#stop.signal, timeout.signal]),
      }).output();
      if (!success) return;
      this.#readings = gpuReadings(new TextDecoder().decode(stdout));
      this.#readAtMs = this.#now();
    } catch {
      // Not there, or not allowed: neither will change while the process lives.
      this.#absent = true;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The lines of `nvidia-smi --format=csv,noheader,nounits` read; memory comes in MiB. */
export function gpuReadings(text: string): GpuReading[] {
  return text.split("\n").flatMap((line) => {
    const [gpu, name, utilization, used, total] = line.split(",").map((field) => field.trim());
    if (!/^\d+$/.test(gpu) || total === undefined) return [];
    const scaled = (field: string, factor: number) => /^\d+$/.test(field) ? Number(field) * factor : undefined;
    return [{
      gpu,
      name,
      utilization: scaled(utilization, 0.01),
      memoryUsedBytes: scaled(used, MIB),
      memoryBytes: scaled(total, MIB),
    }];
  });
}

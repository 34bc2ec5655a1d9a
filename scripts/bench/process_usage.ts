import { availableParallelism, cpus } from "node:os";
import { cpuUsage } from "node:process";
import { nowMs } from "../../src/core/clock.ts";
import { round } from "./statistics.ts";

/** A moment, and the processor seconds that all threads of this process had used by then. */
export interface UsageSnapshot {
  /** On the clock of `nowMs()`. */
  atMs: number;
  cpuSeconds: number;
  /** The same of the whole machine, time that a host withheld included; undefined where it cannot be told. */
  machineSeconds?: number;
}

/** What a stretch of time cost, and how undisturbed it was. */
export interface CpuFigures {
  cpuSecondsPerResult: number;
  /** Cores that were busy with it, on average. */
  coresUsed: number;
  /** Cores that were busy with something else, on average. */
  coresTaken?: number;
}

/** Reads clock and usage now. */
export function snapshot(): UsageSnapshot {
  const { user, system } = cpuUsage();
  return { atMs: nowMs(), cpuSeconds: (user + system) / 1e6, machineSeconds: machineSeconds() };
}

/** What `results` completed results between two moments cost. */
export function cpuFigures(before: UsageSnapshot, after: UsageSnapshot, results: number): CpuFigures {
  const seconds = (after.atMs - before.atMs) / 1000;
  const used = after.cpuSeconds - before.cpuSeconds;
  const figures: CpuFigures = {
    cpuSecondsPerResult: round(used / results, 6),
    coresUsed: round(used / seconds),
  };
  if (before.machineSeconds !== undefined && after.machineSeconds !== undefined) {
    const all = after.machineSeconds - before.machineSeconds;
    figures.coresTaken = round(Math.max(0, all - used) / seconds);
  }
  return figures;
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

function machineSeconds(): number | undefined {
  // In a container with a share of the cores the machine's figures tell of others' shares, too.
  if (availableParallelism() !== cpus().length) return undefined;
  try {
    const [, fields] = /^cpu\s+(.+)$/m.exec(Deno.readTextFileSync("/proc/stat"))!;
    const [user, nice, system, _idle, _wait, irq, softirq, steal] = fields.split(" ").map(Number);
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/**
 * Memory of this process, shared pages counted in proportion; undefined where the system does not tell (it takes
 * Linux's smaps).
 */
export function pssBytes(): number | undefined {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(Deno.readTextFileSync("/proc/self/smaps_rollup"));
    return pss ? Number(pss[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** Open descriptors and threads of this process, where the system tells. */
export function openHandles(): { descriptors: number; threads: number } | undefined {
  try {
    return {
      descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
      threads: [...Deno.readDirSync("/proc/self/task")].length,
    };
  } catch {
    return undefined;
  }
}

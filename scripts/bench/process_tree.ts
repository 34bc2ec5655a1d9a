import { join } from "node:path";

/** What a process and all that descend from it have used and hold. */
export interface TreeUsage {
  processes: number;
  cpuSeconds: number;
  /** Shared pages counted in proportion. */
  memoryMb: number;
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

interface Stat {
  pid: number;
  parent: number;
  cpuSeconds: number;
}

/** What a process and its descendants use, as Linux tells it. Time of those that have ended counts with their parents. */
export function treeUsage(pid: number, proc = "/proc"): TreeUsage {
  const all = [...Deno.readDirSync(proc)].flatMap(({ name }) => /^\d+$/.test(name) ? statOf(join(proc, name)) : []);
  const own = new Set([pid]);
  for (let before = 0; before !== own.size;) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  const tree = all.filter(({ pid }) => own.has(pid));
  return {
    processes: tree.length,
    cpuSeconds: tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memoryMb: tree.reduce((sum, { pid }) => sum + pssMb(join(proc, `${pid}`)), 0),
  };
}

/** A process that is gone meanwhile is none. */
function statOf(path: string): Stat[] {
  try {
    const text = Deno.readTextFileSync(join(path, "stat"));
    // The name may hold anything, parentheses too.
    const [, parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [user, system, endedUser, endedSystem] = rest.slice(9, 13).map(Number);
    const cpuSeconds = (user + system + endedUser + endedSystem) / TICKS_PER_SECOND;
    return [{ pid: Number.parseInt(text), parent: Number(parent), cpuSeconds }];
  } catch {
    return [];
  }
}

function pssMb(path: string): number {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(Deno.readTextFileSync(join(path, "smaps_rollup")));
    return Number(pss?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

import { cpuUsage, memoryUsage } from "node:process";
import type { Metrics } from "./metrics.ts";

const PROC = "/proc/self";

/** What the process costs. Where the system does not tell (only Linux has /proc), a metric is left out. */
export function processMetrics(metrics: Metrics): void {
  const asked = (type: "counter" | "gauge", name: string, help: string, read: () => number | undefined) =>
    metrics.asked({
      type,
      name,
      help,
      read(say) {
        const value = read();
        if (value !== undefined) say(value, {});
      },
    });
  asked("counter", "process_cpu_seconds_total", "Processor time spent, in user and system.", () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  });
  asked("gauge", "process_resident_memory_bytes", "Memory that is resident.", () => memoryUsage().rss);
  asked("gauge", "process_virtual_memory_bytes", "Address space in use.", () => {
    const kibibytes = statusField("VmSize");
    return kibibytes === undefined ? undefined : kibibytes * 1024;
  });
  asked("gauge", "process_open_fds", "File descriptors open.", openDescriptors);
  asked("gauge", "process_max_fds", "File descriptors that may be open.", maxDescriptors);
  asked("gauge", "process_threads", "Threads, native ones included.", () => statusField("Threads"));
  asked(
    "gauge",
    "process_start_time_seconds",
    "When the process started, Unix seconds.",
    () => performance.timeOrigin / 1000,
  );
}

/** The files of /proc/self are read as they are: an absent one or a refused one is no fault. */
function procFile(name: string): string | undefined {
  try {
    return Deno.readTextFileSync(`${PROC}/${name}`);
  } catch {
    return undefined;
  }
}

function statusField(name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(procFile("status") ?? "");
  return found ? Number(found[1]) : undefined;
}

function maxDescriptors(): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(procFile("limits") ?? "");
  return found ? Number(found[1]) : undefined;
}

function openDescriptors(): number | undefined {
  try {
    // Reading the folder opens it.
    return [...Deno.readDirSync(`${PROC}/fd`)].length - 1;
  } catch {
    return undefined;
  }
}

import denoConfig from "../../deno.json" with { type: "json" };

/** What a measurement was made on and with. */
export interface Machine {
  /** Cores this process may use: the control group's quota where there is one. */
  cores: number;
  cpu: string;
  memoryMb: number;
  os: string;
  versions: Record<string, string>;
  date: string;
}

/** Facts of this machine, as far as they matter to a figure measured on it. */
export function machine(): Machine {
  const { deno, v8 } = Deno.version;
  return {
    cores: navigator.hardwareConcurrency,
    cpu: cpuModel(),
    memoryMb: Math.round(Deno.systemMemoryInfo().total / 2 ** 20),
    os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    versions: { weir: denoConfig.version, deno, v8, ...dependencyVersions() },
    date: new Date().toISOString().slice(0, 10),
  };
}

function cpuModel(): string {
  try {
    const name = /^model name\s*:\s*(.+)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"));
    return name?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

function dependencyVersions(): Record<string, string> {
  const pins = Object.values(denoConfig.imports).map((specifier) => /^npm:(.+)@([\d.]+)/.exec(specifier));
  return Object.fromEntries(
    pins.filter((pin) => pin && ["node-av", "onnxruntime-node"].includes(pin[1])).map((pin) => [pin![1], pin![2]]),
  );
}

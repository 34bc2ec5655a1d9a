import { fileURLToPath } from "node:url";
import { type CommandEnd, finished } from "./single_file.ts";
import { until } from "./until.ts";

const SCRIPT = fileURLToPath(new URL("in_systemd.sh", import.meta.url));
const SYSTEMD = "/lib/systemd/systemd";
const PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** This system's own systemd, booted over a layer in memory, in namespaces of its own; dispose ends all that runs in it. */
export class SystemdMachine implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly child: Deno.ChildProcess,
    private readonly pid: number,
  ) {}

  /** Boots with a program at /usr/local/bin/weir, and a configuration at /etc/weir/weir.yaml. */
  static async boot(program: string, config = ""): Promise<SystemdMachine> {
    const folder = await Deno.makeTempDir({ prefix: "weir-systemd-" });
    const args = [SCRIPT, folder, program, config];
    const child = new Deno.Command("sh", { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
    const said = new Response(child.stderr).text();
    let ended = false;
    child.status.then(() => ended = true);
    try {
      let pid = 0;
      await until(async () => {
        if (ended) throw new Error(`Cannot boot systemd: ${await said}`);
        pid = await childOf(child.pid);
        if (pid === 0 || !(await commandOf(pid)).startsWith(SYSTEMD)) return false;
        return (await inside(pid, "systemctl is-system-running || sleep 0.2")).stdout.trim() === "running";
      }, "systemd to have booted");
      return new SystemdMachine(folder, child, pid);
    } catch (error) {
      await end(folder, child);
      throw error;
    }
  }

  /** Whether it can be booted here, which takes root and a systemd. */
  static async possible(): Promise<boolean> {
    if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
    try {
      await using machine = await SystemdMachine.boot("/bin/true");
      return machine.pid > 0;
    } catch {
      return false;
    }
  }

  /** Runs a line of shell as its root. */
  async run(line: string): Promise<CommandEnd> {
    return await inside(this.pid, line);
  }

  /** Asks again and again, for minutes if need be, whether a line of shell ends well. */
  async waitFor(line: string, what: string): Promise<void> {
    const { code, stderr } = await this.run(`for i in $(seq 400); do { ${line}; } && exit; sleep 0.5; done; exit 1`);
    if (code !== 0) throw new Error(`It never came to pass: ${what}. ${stderr.slice(-300)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.folder, this.child);
  }
}

async function end(folder: string, child: Deno.ChildProcess): Promise<void> {
  try {
    // Whoever waits for the first process of the machine takes it along.
    child.kill("SIGKILL");
  } catch { /* It has ended by itself. */ }
  await child.status;
  await until(async () => (await finished("sh", [SCRIPT, "--tidy", folder])).code === 0, "the machine to have ended");
  await Deno.remove(folder);
}

async function inside(pid: number, line: string): Promise<CommandEnd> {
  return await finished("nsenter", ["-t", `${pid}`, "--all", "sh", "-c", line], { HOME: "/root", PATH });
}

async function childOf(pid: number): Promise<number> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  return Number(children.trim().split(" ")[0]);
}

async function commandOf(pid: number): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
}

import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { serviceUnit } from "./service_unit.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS = {
  user: { type: "boolean", description: "a service of yours instead of the system's" },
  config: { type: "string", value: "FILE", description: "install: the configuration that the server reads" },
  executable: { type: "string", value: "FILE", description: "install: the program to start; default this one" },
  "units-dir": { type: "string", value: "DIR", description: "where units are kept; default systemd's own place" },
  print: { type: "boolean", description: "install: print the unit, and write nothing" },
  force: { type: "boolean", description: "install: overwrite a unit that is not the same" },
} as const;

const serviceHelp: Command<typeof FLAGS> = {
  name: "service",
  summary: "writes a unit for systemd, takes it away, or tells how it stands; starts and stops nothing by itself",
  usage: "install | uninstall | status  [options]",
  flags: FLAGS,
  notes: [["Verbs", [
    "install    writes weir.service and tells what to type to start it",
    "uninstall  removes weir.service, once it is stopped",
    "status     tells whether it is installed, and what systemd says of it",
  ]]],
  examples: [
    ["sudo weir service install --config /etc/weir/weir.yaml", "for the system, as a user of its own without rights"],
    ["weir service install --user", "for you alone"],
    ["journalctl -u weir -o cat -f", "its log, a JSON object a line"],
  ],
};

const NAME = "weir.service";

/** Where a single file tells the program that it carries from where it was started. */
export const EXECUTABLE_VARIABLE = "WEIR_EXECUTABLE";

/** `weir service`. Answers the exit code. */
export async function serviceCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals: [verb, ...more], help } = parseFlags(serviceHelp, args);
  if (help) {
    print(helpPage(serviceHelp));
    return 0;
  }
  const place = new Place(flags.user ?? false, flags["units-dir"]);
  if (more.length > 0) throw new UsageError(`weir service ${verb} takes no further words, such as ${more[0]}`);
  switch (verb) {
    case "install": {
      const command = flags.executable ? [resolve(flags.executable)] : ownCommand();
      const config = flags.config && resolve(flags.config);
      const unit = serviceUnit({ command, user: place.user, ...(config && { config }) });
      if (flags.print) print(unit.trimEnd());
      else await install(place, unit, flags.force ?? false);
      return 0;
    }
    case "uninstall":
      return await uninstall(place);
    case "status":
      return await status(place);
  }
  const verbs = ["install", "uninstall", "status"];
  throw new UsageError(`weir service wants one of ${verbs.join(", ")}${didYouMean(verb ?? "", verbs)}`);
}

class Place {
  readonly file: string;
  /** What people type to speak to the manager. */
  readonly systemctl: string;

  constructor(readonly user: boolean, folder?: string) {
    const config = Deno.env.get("XDG_CONFIG_HOME") || join(homedir() ?? "/", ".config");
    this.file = join(folder ?? (user ? join(config, "systemd", "user") : "/etc/systemd/system"), NAME);
    this.systemctl = user ? "systemctl --user" : "sudo systemctl";
  }

  async read(): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(this.file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new Error(`Cannot read ${this.file}: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function install(place: Place, unit: string, force: boolean): Promise<void> {
  const { file, systemctl } = place;
  const before = await place.read();
  if (before !== undefined && before !== unit && !force) {
    throw new UsageError(`${file} is there already and says something else; --force overwrites it`);
  }
  const partial = `${file}.partial`;
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(partial, unit, { mode: 0o644 });
    await Deno.rename(partial, file);
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    const hint = error instanceof Deno.errors.PermissionDenied && !place.user ? " (as root, or with --user)" : "";
    throw new Error(`Cannot write ${file}${hint}: ${(error as Error).message}`, { cause: error });
  }
  print([
    `Wrote ${file}. Nothing runs yet; to start it now and at every boot:`,
    `  ${systemctl} daemon-reload`,
    `  ${systemctl} enable --now weir`,
    ...(place.user ? ["  loginctl enable-linger   # to have it run while you are not logged in"] : []),
    `Its log:  journalctl ${place.user ? "--user " : ""}-u weir -o cat -f`,
  ].join("\n"));
}

async function uninstall(place: Place): Promise<number> {
  const { file, systemctl } = place;
  if (await place.read() === undefined) {
    print(`There is no ${file}: nothing to remove`);
    return 0;
  }
  const [active, enabled] = await Promise.all([managerSays(place, "is-active"), managerSays(place, "is-enabled")]);
  if (active === "active" || enabled === "enabled") {
    const how = active === "active" ? "runs as a service" : "is started at every boot";
    throw new UsageError(`weir ${how}; put an end to that first: ${systemctl} disable --now weir`);
  }
  await Deno.remove(file);
  print(`Removed ${file}. To have systemd forget it:\n  ${systemctl} daemon-reload`);
  return 0;
}

async function status(place: Place): Promise<number> {
  const installed = await place.read() !== undefined;
  const [active, enabled] = await Promise.all([managerSays(place, "is-active"), managerSays(place, "is-enabled")]);
  print([
    `unit     ${installed ? place.file : `not installed (no ${place.file})`}`,
    `running  ${active ?? "unknown: systemd does not answer here"}`,
    `at boot  ${enabled ?? (active ? "not known to systemd" : "unknown: systemd does not answer here")}`,
  ].join("\n"));
  return installed ? 0 : 1;
}

async function managerSays({ user }: Place, question: string): Promise<string | undefined> {
  try {
    const args = [...(user ? ["--user"] : []), question, NAME];
    const { stdout } = await new Deno.Command("systemctl", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).trim().split("\n")[0] || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The single file, or the source by way of this very runtime. */
function ownCommand(): string[] {
  const file = Deno.env.get(EXECUTABLE_VARIABLE);
  if (file) return [file];
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", "-A", "--config", config, main];
}

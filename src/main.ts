import { table } from "./cli/help.ts";
import { complain, print } from "./cli/print.ts";
import { didYouMean } from "./cli/suggest.ts";
import { UsageError } from "./cli/usage_error.ts";

interface Entry {
  summary: string;
  /** Commands load when they are called: `weir version` needs no FFmpeg. */
  load(): Promise<(args: string[]) => Promise<number>>;
}

/** Loads a module when it is called for. Were its path a literal, Deno would read all that it imports at every start. */
function later<Module>(path: string): Promise<Module> {
  return import(new URL(path, import.meta.url).href);
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  run: {
    summary: "run sources through models; results come live as JSON lines",
    load: async () => (await later<typeof import("./cli/run.ts")>("./cli/run.ts")).runCommand,
  },
  serve: {
    summary: "run the server: register streams, watch them live, over HTTP",
    load: async () => (await later<typeof import("./cli/serve.ts")>("./cli/serve.ts")).serveCommand,
  },
  upload: {
    summary: "send a clip to a running server, and print what is found in it",
    load: async () => (await later<typeof import("./cli/upload.ts")>("./cli/upload.ts")).uploadCommand,
  },
  capture: {
    summary: "build a dataset: keep pictures of a source, with what models find in them",
    load: async () => (await later<typeof import("./cli/capture.ts")>("./cli/capture.ts")).captureCommand,
  },
  export: {
    summary: "make a COCO or YOLO dataset out of captures",
    load: async () => (await later<typeof import("./cli/export.ts")>("./cli/export.ts")).exportCommand,
  },
  scene: {
    summary: "render a synthetic clip and its ground truth",
    load: async () => (await later<typeof import("./cli/scene.ts")>("./cli/scene.ts")).sceneCommand,
  },
  models: {
    summary: "keep, fetch and look into models: versions, the zoo, and how Weir would use a file",
    load: async () => (await later<typeof import("./cli/models.ts")>("./cli/models.ts")).modelsCommand,
  },
  eval: {
    summary: "measure how good answers are, given the truth",
    load: async () => (await later<typeof import("./cli/eval.ts")>("./cli/eval.ts")).evalCommand,
  },
  bench: {
    summary: "measure how close to this machine's ceiling Weir comes",
    load: async () =>
      (await later<typeof import("../scripts/bench/bench.ts")>("../scripts/bench/bench.ts")).benchCommand,
  },
  doctor: {
    summary: "check this machine: devices, codecs, memory, limits, and how to fix what is wrong",
    load: async () => (await later<typeof import("./cli/doctor.ts")>("./cli/doctor.ts")).doctorCommand,
  },
  service: {
    summary: "run as a service of systemd: install, uninstall, status",
    load: async () => (await later<typeof import("./cli/service.ts")>("./cli/service.ts")).serviceCommand,
  },
  completions: {
    summary: "print what completes these words in bash, zsh or fish",
    load: async () => (await later<typeof import("./cli/completions.ts")>("./cli/completions.ts")).completionsCommand,
  },
  man: {
    summary: "print the page for man",
    load: async () => (await later<typeof import("./cli/man.ts")>("./cli/man.ts")).manCommand,
  },
  licences: {
    summary: "tell under which terms Weir and what it stands on may be used and passed on",
    load: async () => (await later<typeof import("./cli/licences.ts")>("./cli/licences.ts")).licencesCommand,
  },
  version: {
    summary: "tell the versions of Weir and of what it stands on",
    load: async () => (await later<typeof import("./cli/version.ts")>("./cli/version.ts")).versionCommand,
  },
};

const OVERVIEW = `Weir: real-time video inference. Cameras and files flow in, live model results flow out.

Usage:
  weir COMMAND [options]

Commands:
${
  table([...Object.entries(COMMANDS).map(([name, { summary }]): [string, string] => [name, summary]), [
    "help COMMAND",
    "a command's options and examples",
  ]]).join("\n")
}

Examples:
  weir run scene:pitch
  weir run rtsp://10.0.0.7/main --model yolo11n.onnx
  weir run match.mp4 --model weir-pitch --out match.jsonl --video annotated.mp4`;

/** Runs the command line and answers the exit code: 0 well, 1 failed, 2 not to be carried out as typed. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    complain(OVERVIEW);
    return 2;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    print(OVERVIEW);
    return 0;
  }
  if (name === "--version" || name === "-V") return await run("version", rest);
  if (name === "help") return await pages(rest);
  return await run(name, rest);
}

async function pages([name, ...more]: readonly string[]): Promise<number> {
  const code = await run(name, ["--help"]);
  if (code !== 0 || more.length === 0) return code;
  print("");
  return await pages(more);
}

async function run(name: string, args: string[]): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) {
    const what = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`Unknown ${what} ${name}${didYouMean(name, [...Object.keys(COMMANDS), "help"], "weir ")}`);
  }
  return await (await entry.load())(args);
}

try {
  // Natives were closed in their threads; what is left of them must not run destructors under our feet.
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
  const usage = error instanceof Error && error.name === "UsageError";
  complain(`weir: ${error instanceof Error ? error.message : String(error)}`);
  const known = Object.hasOwn(COMMANDS, Deno.args[0] ?? "");
  if (usage) complain(known ? `Try: weir help ${Deno.args[0]}` : "Try: weir help");
  if (Deno.env.get("WEIR_DEBUG") && error instanceof Error) complain(`${error.stack}`);
  Deno.exit(usage ? 2 : 1);
}

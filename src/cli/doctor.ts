import { type Check, hostChecks } from "./doctor_host.ts";
import { mediaChecks } from "./doctor_media.ts";
import { memoryChecks } from "./doctor_memory.ts";
import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { VERSION } from "./product.ts";

const FLAGS = {
  json: { type: "boolean", description: "as JSON, for tools" },
  model: { type: "string", multiple: true, value: "MODEL", description: "compute the memory bound for these models" },
  config: {
    type: "string",
    value: "FILE",
    description: "compute the memory bound of the streams in FILE (YAML or JSON)",
  },
} as const;

const doctorHelp: Command<typeof FLAGS> = {
  name: "doctor",
  summary: "checks this machine: what is there, what is wrong, and how to fix it",
  usage: "[SOURCE…] [options]",
  flags: FLAGS,
  notes: [
    ["Checks", [
      "Deno, FFmpeg (version, licence, codecs, hardware decoders), ONNX Runtime (version, providers), devices,",
      "cores and memory as the control group grants them, the limit of open files, the most memory that streams",
      "can take, and whether the data, cache and temporary folders can be written.",
    ]],
    ["Exit codes", ["0  nothing is broken (warnings aside)", "1  something is broken"]],
  ],
  examples: [
    ["weir doctor", "a table of findings"],
    ["weir doctor rtsp://10.0.0.7/main --model yolo11n.onnx", "the same, with the memory that this stream can take"],
    ["weir doctor --json | jq '.checks[] | select(.status != \"ok\")'", "only what is wrong"],
  ],
};

/** `weir doctor`. Answers the exit code: 1 when something is broken. */
export async function doctorCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals, help } = parseFlags(doctorHelp, args);
  if (help) {
    print(helpPage(doctorHelp));
    return 0;
  }
  const checks: Check[] = [
    ...hostChecks(),
    ...await mediaChecks(),
    ...await memoryChecks({ sources: positionals, models: flags.model ?? [], config: flags.config }),
  ];
  const broken = checks.some(({ status }) => status === "fail");
  if (flags.json) print(JSON.stringify({ v: 1, version: VERSION, ok: !broken, checks }, null, 2));
  else print(findings(checks, Deno.stdout.isTerminal() && !Deno.noColor));
  return broken ? 1 : 0;
}

const COLOURS = { ok: "\x1b[32m", warn: "\x1b[33m", fail: "\x1b[31m" };

/** What was found, as a person reads it. */
export function findings(checks: readonly Check[], coloured: boolean): string {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  const lines = checks.flatMap(({ name, status, detail, fix }) => {
    const mark = coloured ? `${COLOURS[status]}${status.padEnd(4)}\x1b[0m` : status.padEnd(4);
    return [`${mark}  ${name.padEnd(width)}${detail}`, ...(fix ? [`${" ".repeat(width + 6)}${fix}`] : [])];
  });
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const verdict = `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} broken`;
  return [...lines, "", verdict].join("\n");
}

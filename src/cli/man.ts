import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { type OwnHelp, ownHelp } from "./own_help.ts";
import { print } from "./print.ts";
import { VERSION } from "./product.ts";

const manHelp: Command<Record<never, never>> = {
  name: "man",
  summary: "prints weir's page for man",
  usage: "",
  flags: {},
  examples: [["weir man > weir.1 && man ./weir.1", "to read it"]],
};

const VARIABLES: readonly [name: string, what: string][] = [
  ["WEIR_CONFIG", "the configuration that serve reads, as --config"],
  ["WEIR_HOST, WEIR_PORT", "where the server listens"],
  ["WEIR_TOKEN", "a token of an admin"],
  ["WEIR_DATA_DIR", "where registrations, positions and models are kept"],
  ["WEIR_CACHE_DIR", "where the single file unpacks itself"],
  ["WEIR_<SECTION>__<KEY>", "every other key of the configuration"],
];

/** `weir man`. Answers the exit code. */
export async function manCommand(args: readonly string[]): Promise<number> {
  const { help } = parseFlags(manHelp, args);
  print(help ? helpPage(manHelp) : manPage(await ownHelp(), VERSION));
  return 0;
}

/** The page, in the language of man. */
export function manPage({ overview, commands }: OwnHelp, version: string): string {
  const lines = [
    `.TH WEIR 1 "" "weir ${escaped(version)}" "User Commands"`,
    ".SH NAME",
    "weir \\- real\\-time video inference",
    ".SH SYNOPSIS",
    ".B weir",
    ".I COMMAND",
    "[options]",
    ".SH DESCRIPTION",
    escaped(overview.summary),
    ".SH COMMANDS",
  ];
  for (const [name, { page, summary }] of commands) {
    lines.push(`.SS ${name}`, escaped(`${summary}.`), ".PP");
    for (const usage of page.usage) lines.push(".br", `.B ${escaped(usage)}`);
    for (const { name, value, description } of page.options) {
      lines.push(".TP", `.BR ${escaped(name)}${value ? ` " \\fI${escaped(value)}\\fR"` : ""}`, escaped(description));
    }
    for (const { heading, lines: text } of page.notes) {
      lines.push(".PP", `.B ${escaped(heading)}:`, ".nf", ...text.map(escaped), ".fi");
    }
  }
  lines.push(".SH ENVIRONMENT");
  for (const [name, what] of VARIABLES) lines.push(".TP", `.B ${escaped(name)}`, escaped(what));
  return lines.join("\n");
}

/** A line that begins with a dot or a quote would be a request, and a bare dash a hyphen. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}

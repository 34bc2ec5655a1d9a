import type { Command } from "./flags.ts";

const INDENT = "  ";
const WIDTH = 100;

/** The help page of one command. */
export function helpPage(command: Command): string {
  const parts = [
    `weir ${command.name}: ${command.summary}`,
    "",
    "Usage:",
    `${INDENT}weir ${command.name} ${command.usage}`,
  ];
  const flags = Object.entries(command.flags).map(([name, flag]): [string, string] => {
    const value = flag.type === "boolean" ? "" : ` ${flag.value ?? (flag.type === "number" ? "N" : "VALUE")}`;
    return [`--${name}${value}`, flag.description + (flag.multiple ? " (may be repeated)" : "")];
  });
  parts.push("", "Options:", ...table([...flags, ["-h, --help", "this page"]]));
  for (const [heading, lines] of command.notes ?? []) {
    parts.push("", `${heading}:`, ...lines.map((line) => `${INDENT}${line}`));
  }
  if (command.examples.length > 0) {
    parts.push("", "Examples:");
    for (const [line, what] of command.examples) parts.push(`${INDENT}${line}`, `${INDENT}${INDENT}${what}`);
  }
  return parts.join("\n");
}

/** Two columns, the second wrapped to the page. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, WIDTH - INDENT.length - left);
    return lines.map((line, index) => `${INDENT}${(index === 0 ? name : "").padEnd(left)}${line}`);
  });
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

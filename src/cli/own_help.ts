import { type HelpText, parseHelp, rowsOf } from "./help_text.ts";

/** Everything that the command line tells of itself. */
export interface OwnHelp {
  overview: HelpText;
  /** By command; what a command does in turn (`eval track`, `models add`) has its words in `verbs`. */
  commands: Map<string, { page: HelpText; summary: string; verbs: [name: string, summary: string][] }>;
}

/** Asks this very program for all of its help pages. */
export async function ownHelp(): Promise<OwnHelp> {
  const overview = parseHelp(await ask([]));
  const listed = rowsOf(overview.notes.find(({ heading }) => heading === "Commands")!.lines);
  const names = listed.filter(([name]) => !name.includes(" "));
  const pages = (await ask(names.map(([name]) => name))).split(/^(?=weir [a-z]+: )/m).map(parseHelp);
  const commands = names.map(([name, summary], index) => {
    const page = pages[index];
    const verbs = page.notes.filter(({ heading }) => heading === "Verbs" || heading === "What");
    return [name, { page, summary, verbs: verbs.flatMap(({ lines }) => rowsOf(lines)) }] as const;
  });
  return { overview, commands: new Map(commands) };
}

async function ask(words: readonly string[]): Promise<string> {
  const own = Deno.build.standalone
    ? []
    : ["run", "--quiet", "--no-prompt", "-A", new URL("../main.ts", import.meta.url).href];
  const command = new Deno.Command(Deno.execPath(), { args: [...own, "help", ...words], env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`Cannot ask for the help of ${words}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { type ThirdParty, thirdParty, thirdPartyNotices } from "./third_party.ts";

const FLAGS = {
  gpl: { type: "boolean", description: "the text of the GNU General Public License, version 3" },
  fdk: { type: "boolean", description: "the text of the licence of FDK AAC, a library in FFmpeg" },
  full: { type: "boolean", description: "the texts of the packages' licences, too" },
} as const;

/** `weir licences`, declared. */
export const licencesHelp: Command<typeof FLAGS> = {
  name: "licences",
  summary: "tells under which terms Weir and what it stands on may be used and passed on",
  usage: "[options]",
  flags: FLAGS,
  examples: [["weir licences", "the notice and every package"], ["weir licences --full | less", "with all texts"]],
};

const TEXTS = new URL("../../packaging/licences/", import.meta.url);

/** `weir licences`. Answers the exit code. */
export async function licencesCommand(args: readonly string[]): Promise<number> {
  const { flags, help } = parseFlags(licencesHelp, args);
  if (help) print(helpPage(licencesHelp));
  else if (flags.gpl) print(await Deno.readTextFile(new URL("GPL-3.0.txt", TEXTS)));
  else if (flags.fdk) print((await Deno.readTextFile(new URL("FDK-AAC.txt", TEXTS))).trimEnd());
  else {
    const parts = await packages();
    print((await Deno.readTextFile(new URL("NOTICE.txt", TEXTS))).trimEnd());
    print(`\nPackages:\n\n${parts.map(({ name, version, licence }) => `  ${name} ${version}: ${licence}`).join("\n")}`);
    if (flags.full) print(`\n${thirdPartyNotices(parts)}`);
  }
  return 0;
}

/** The build writes down what it put in; from source it is what is installed. */
async function packages(): Promise<ThirdParty[]> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL("packages.json", TEXTS)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await thirdParty(await installed(fileURLToPath(new URL("../../node_modules/", import.meta.url))));
}

async function installed(modules: string): Promise<string[]> {
  const folders: string[] = [];
  const store = join(modules, ".deno");
  for (const name of await namesIn(store)) {
    const own = join(store, name, "node_modules");
    for (const entry of await namesIn(own)) {
      if (entry.startsWith("@")) folders.push(...(await namesIn(join(own, entry))).map((one) => join(own, entry, one)));
      else folders.push(join(own, entry));
    }
  }
  return folders;
}

/** Links lead to packages that lie elsewhere in the store. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).filter((entry) => entry.isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

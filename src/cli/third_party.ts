import { join } from "node:path";

/** A package by somebody else. */
export interface ThirdParty {
  name: string;
  version: string;
  /** An SPDX expression, as its author gives it. */
  licence: string;
  homepage?: string;
  /** The licence's text, where it comes with the package. */
  text?: string;
}

/** What the packages in these folders are and under which licences they come; each once, by name. */
export async function thirdParty(folders: Iterable<string>): Promise<ThirdParty[]> {
  const found = new Map<string, ThirdParty>();
  for (const folder of folders) {
    const part = await read(folder);
    if (part) found.set(`${part.name} ${part.version}`, part);
  }
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, part]) => part);
}

/** The notices that must travel with them. */
export function thirdPartyNotices(parts: readonly ThirdParty[]): string {
  const rule = "-".repeat(80);
  return parts.map(({ name, version, licence, homepage, text }) =>
    [
      rule,
      `${name} ${version}: ${licence}${homepage ? `, ${homepage}` : ""}`,
      rule,
      text ?? "(The package brings no text of its licence.)",
      "",
    ].join("\n")
  ).join("\n");
}

interface PackageFile {
  name?: string;
  version?: string;
  license?: string | { type?: string };
  homepage?: string;
  repository?: string | { url?: string };
}

async function read(folder: string): Promise<ThirdParty | undefined> {
  let about: PackageFile;
  try {
    about = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (!about.name || !about.version) return undefined;
  const licence = typeof about.license === "object" ? about.license.type : about.license;
  const homepage = about.homepage ?? (typeof about.repository === "object" ? about.repository.url : about.repository);
  const text = await licenceText(folder);
  return {
    name: about.name,
    version: about.version,
    licence: licence ?? "not told",
    ...(homepage && { homepage: homepage.replace(/^git\+/, "").replace(/\.git$/, "") }),
    ...(text !== undefined && { text }),
  };
}

async function licenceText(folder: string): Promise<string | undefined> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(name)) names.push(name);
  }
  if (names.length === 0) return undefined;
  const texts = names.sort().map(async (name) => (await Deno.readTextFile(join(folder, name))).trim());
  return (await Promise.all(texts)).join("\n\n");
}

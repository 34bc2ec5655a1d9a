/** An option as a help page shows it. */
export interface HelpOption {
  name: string;
  /** What stands for its value, such as FILE; undefined for one that takes none. */
  value?: string;
  description: string;
}

/** A help page, read back. */
export interface HelpText {
  /** As `weir run`. */
  title: string;
  summary: string;
  usage: string[];
  options: HelpOption[];
  /** All other paragraphs: a heading and its lines. */
  notes: { heading: string; lines: string[] }[];
}

const ROW = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/;

/** Reads a page that `helpPage` made, or the overview: what is made from it cannot say anything else than help does. */
export function parseHelp(page: string): HelpText {
  const [head, ...rest] = page.trimEnd().split("\n");
  const [title, summary = ""] = /^weir [\w ]+: /.test(head) ? split(head, ": ") : ["weir", head];
  const notes: HelpText["notes"] = [];
  for (const line of rest) {
    const heading = /^([A-Z][^:]*):$/.exec(line)?.[1];
    if (heading) notes.push({ heading, lines: [] });
    else if (line.trim() !== "") notes.at(-1)?.lines.push(line);
  }
  const take = (heading: string) => notes.find((note) => note.heading === heading)?.lines ?? [];
  const options = rowsOf(take("Options")).map(([left, description]): HelpOption => {
    const [name, value] = left.replace(/^-h, /, "").split(" ");
    return { name, ...(value && { value }), description };
  });
  const others = notes.filter(({ heading }) => heading !== "Options" && heading !== "Usage");
  return { title, summary, usage: take("Usage").map((line) => line.trim()), options, notes: others };
}

/** The rows of a table of two columns, wrapped lines joined. */
export function rowsOf(lines: readonly string[]): [left: string, right: string][] {
  const rows: [string, string][] = [];
  for (const line of lines) {
    const [, left, right = ""] = ROW.exec(line) ?? [];
    if (left !== undefined && !/^ {3}/.test(line)) rows.push([left, right]);
    else if (rows.length > 0) rows[rows.length - 1][1] += ` ${line.trim()}`;
  }
  return rows.map(([left, right]) => [left, right.trim()]);
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return [text.slice(0, index), text.slice(index + at.length)];
}

/** A piece of a line: as it is said where there is room, then ever shorter. */
export type Piece = readonly string[];

const GAP = "  ";

/**
 * The pieces in one line of at most so many columns: the last are the first to be shortened, and, when all are short,
 * left out. The first always stays; where even it is too long, it is cut.
 */
export function fitLine(pieces: readonly Piece[], columns: number): string {
  const said = pieces.map(([longest = ""]) => longest);
  const line = () => said.filter((text) => text !== "").join(GAP);
  for (const [index, [, ...shorter]] of [...pieces.entries()].reverse()) {
    while (shorter.length > 0 && lengthOf(line()) > columns) said[index] = shorter.shift()!;
  }
  while (said.length > 1 && lengthOf(line()) > columns) said.pop();
  return cut(line(), columns);
}

function cut(text: string, columns: number): string {
  return lengthOf(text) <= columns ? text : [...text].slice(0, Math.max(0, columns - 1)).join("") + "…";
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Lists of figures as they are written line by line; in a text a line's end would be escaped. */
const FIGURES = /\[\n\s*([-\d.,\s]+?)\n\s*\]/g;

/** As JSON, with short lists of figures on one line: a box is read as one thing. */
export function jsonText(value: unknown, replace?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replace, 2).replace(
    FIGURES,
    (_, figures: string) => `[${figures.split(/,\s*/).join(", ")}]`,
  );
}

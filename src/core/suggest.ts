/** The candidate that a mistyped word most likely meant; undefined when none is near enough. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const near = word.length >= 3 && candidate.startsWith(word) ? 0 : distance(word, candidate);
    if (near <= limit && (!best || near < best.distance)) best = { candidate, distance: near };
  }
  return best?.candidate;
}

/** `; did you mean X?` where there is such an X, else nothing. */
export function didYouMean(word: string, candidates: Iterable<string>, prefix = ""): string {
  const candidate = suggest(word, candidates);
  return candidate === undefined ? "" : `; did you mean ${prefix}${candidate}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function distance(a: string, b: string): number {
  const rows = [[...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

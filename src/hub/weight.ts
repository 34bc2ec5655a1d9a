/** About how much memory a value takes, without writing it out. */
export function weightOf(value: unknown): number {
  switch (typeof value) {
    case "string":
      return 24 + value.length;
    case "object":
      if (value === null) return 8;
      return Array.isArray(value) ? weightOfList(value) : weightOfRecord(value as Record<string, unknown>);
    default:
      return 8;
  }
}

function weightOfList(list: readonly unknown[]): number {
  let weight = 32;
  // Long lists are embeddings and tensors: flat numbers, which need no look at each.
  if (typeof list[0] === "number") return weight + 8 * list.length;
  for (const item of list) weight += 8 + weightOf(item);
  return weight;
}

function weightOfRecord(record: Record<string, unknown>): number {
  let weight = 56;
  for (const key in record) weight += 8 + weightOf(record[key]);
  return weight;
}

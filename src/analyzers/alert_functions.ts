/** One function of the language of conditions. */
export interface ExpressionFunction {
  /** How it is written. */
  usage: string;
  /** Fewest and most arguments. */
  arguments: [least: number, most: number];
  kind: "boolean" | "number";
  call(values: unknown[]): boolean | number | undefined;
}

/** A faulty or hostile model must not make a condition slow. */
const ITEMS_MAX = 10_000;

/** What a condition can do besides comparing and reckoning. */
export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  count: {
    usage: 'count(detect, "person", 0.5): how many things there are, of a label and from a score on if these are given',
    arguments: [1, 3],
    kind: "number",
    call: (values) => matching(values).length,
  },
  any: {
    usage: 'any(detect, "person", 0.5): whether there is such a thing',
    arguments: [1, 3],
    kind: "boolean",
    call: (values) => matching(values).length > 0,
  },
  max: {
    usage: "max(detect.detections.score): the largest of the numbers",
    arguments: [1, 8],
    kind: "number",
    call: (values) =>
      numbersIn(values).reduce<number | undefined>((most, one) => Math.max(most ?? one, one), undefined),
  },
  min: {
    usage: "min(detect.detections.score): the smallest of the numbers",
    arguments: [1, 8],
    kind: "number",
    call: (values) =>
      numbersIn(values).reduce<number | undefined>((least, one) => Math.min(least ?? one, one), undefined),
  },
  sum: {
    usage: "sum(zones.a.count, zones.b.count): the numbers together",
    arguments: [1, 8],
    kind: "number",
    call: (values) => numbersIn(values).reduce((sum, one) => sum + one, 0),
  },
  abs: {
    usage: "abs(number)",
    arguments: [1, 1],
    kind: "number",
    call: ([value]) => typeof value === "number" ? Math.abs(value) : undefined,
  },
  has: {
    usage: "has(zones.gate.meanS): whether there is such a value in this frame",
    arguments: [1, 1],
    kind: "boolean",
    call: ([value]) => Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null,
  },
};

function matching([from, label, minScore]: unknown[]): unknown[] {
  const things = listIn(from).slice(0, ITEMS_MAX);
  return things.filter((thing) => {
    const { label: its, score } = (thing ?? {}) as { label?: unknown; score?: unknown };
    return (label === undefined || its === label) &&
      (minScore === undefined || (typeof score === "number" && score >= (minScore as number)));
  });
}

/** The list that is meant: itself, or the things in a step's output. */
function listIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const { detections, classes, top } = (value ?? {}) as Record<string, unknown>;
  for (const list of [detections, classes, top]) if (Array.isArray(list)) return list;
  return [];
}

function numbersIn(values: readonly unknown[]): number[] {
  const flat = values.flatMap((value) => Array.isArray(value) ? value.slice(0, ITEMS_MAX) : [value]);
  return flat.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
}

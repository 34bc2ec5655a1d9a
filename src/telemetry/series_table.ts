/** A value for each label of a metric. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

/** What stands in each label of the one series that takes what exceeds a metric's bound. */
export const OTHER = "other";

const VALUE_LENGTH_MAX = 128;

/** One series of a metric. */
export interface Entry<S> {
  readonly values: readonly string[];
  /** The labels as the exposition writes them: `a="b",c="d"`. */
  readonly text: string;
  readonly series: S;
}

type Node<S> = Map<string, Node<S> | Entry<S>>;

/**
 * The series of one metric by their labels. Looking one up walks a map for each label and builds no text. There are
 * never more than `bound` of them and the one that takes the rest.
 */
export class SeriesTable<L extends string, S> {
  #root: Node<S> = new Map();
  #entries: Entry<S>[] = [];
  #other: Entry<S> | undefined;

  constructor(
    private readonly options: { labels: readonly L[]; bound: number; make: () => S; onFold: () => void },
  ) {}

  /** The series of these labels, made at first asking; past the bound, the one that all others share. */
  at(labels: Labels<L>): S {
    const names = this.options.labels;
    if (names.length === 0) return this.#alone();
    let node = this.#root;
    for (let index = 0; index < names.length - 1; index++) {
      const next = node.get(valueOf(labels, names[index])) as Node<S> | undefined;
      if (!next) return this.#add(labels);
      node = next;
    }
    const entry = node.get(valueOf(labels, names[names.length - 1])) as Entry<S> | undefined;
    return entry ? entry.series : this.#add(labels);
  }

  /** Takes away every series that has all of these labels. */
  forget(labels: Partial<Labels<L>>): void {
    const names = this.options.labels;
    const kept = this.#entries.filter(({ values }) =>
      names.some((name, index) => labels[name] !== undefined && valueOf(labels as Labels<L>, name) !== values[index])
    );
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#root = new Map();
    for (const entry of kept) this.#place(entry);
  }

  /** All series in the order in which they came. */
  get entries(): readonly Entry<S>[] {
    return this.#other ? [...this.#entries, this.#other] : this.#entries;
  }

  #alone(): S {
    if (this.#entries.length === 0) this.#entries.push({ values: [], text: "", series: this.options.make() });
    return this.#entries[0].series;
  }

  #add(labels: Labels<L>): S {
    const { labels: names, bound, make, onFold } = this.options;
    if (this.#entries.length >= bound) {
      onFold();
      this.#other ??= entryOf(names, names.map(() => OTHER), make());
      return this.#other.series;
    }
    const entry = entryOf(names, names.map((name) => valueOf(labels, name)), make());
    // Somebody may be called just that; two series of one name would spoil the whole exposition.
    if (entry.values.every((value) => value === OTHER)) return (this.#other ??= entry).series;
    this.#entries.push(entry);
    this.#place(entry);
    return entry.series;
  }

  #place(entry: Entry<S>): void {
    let node = this.#root;
    for (const value of entry.values.slice(0, -1)) {
      let next = node.get(value) as Node<S> | undefined;
      if (!next) node.set(value, next = new Map());
      node = next;
    }
    node.set(entry.values[entry.values.length - 1], entry);
  }
}

/** Labels may come from outside: neither how many nor how long they are is left to others. */
function valueOf<L extends string>(labels: Labels<L>, name: L): string {
  const value = labels[name];
  return value.length > VALUE_LENGTH_MAX ? value.slice(0, VALUE_LENGTH_MAX) : value;
}

function entryOf<S>(names: readonly string[], values: readonly string[], series: S): Entry<S> {
  return { values, series, text: names.map((name, index) => `${name}="${escaped(values[index])}"`).join(",") };
}

function escaped(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

import { type Exposition, expositionFor, type Family, type MetricType } from "./exposition.ts";
import { CounterSeries, GaugeSeries, HistogramSeries, histogramShape, type Series, SummarySeries } from "./series.ts";
import { type Labels, SeriesTable } from "./series_table.ts";

/** Labels that Prometheus itself gives a meaning. */
const RESERVED: ReadonlySet<string> = new Set(["le", "quantile"]);

/** What a metric is called and what it says. */
export interface MetricDefinition<L extends string = never> {
  /** `weir_<noun>_<unit|total>`; the unit is read off the name. */
  name: string;
  help: string;
  labels?: readonly L[];
  /** The name is other people's, whose dashboards ask for it: the rule for what names begin with is not for it. */
  adopted?: boolean;
}

/** A metric that is told its values as they come. */
export interface Metric<L extends string, S extends Series> {
  /** The series of these labels; keep it where values come often. */
  at(labels: Labels<L>): S;
  /** Takes away every series that has all of these labels. */
  forget(labels: Partial<Labels<L>>): void;
}

/** How much a registry takes. */
export interface MetricsOptions {
  /** Label sets of one metric; further ones are folded into one whose labels say "other". Default 4096. */
  bound?: number;
}

/** The metrics of a program: made once, told or asked for their values, and written out for Prometheus. */
export class Metrics {
  #families: Family[] = [];
  #bound: number;
  #folded: Metric<"metric", CounterSeries>;

  constructor({ bound = 4096 }: MetricsOptions = {}) {
    this.#bound = bound;
    this.#folded = this.counter({
      name: "weir_metrics_folded_total",
      help: "How often a label set was folded into the one called other, because its metric had as many as it may.",
      labels: ["metric"],
    });
  }

  /** A count that only rises. */
  counter<L extends string = never>(definition: MetricDefinition<L>): Metric<L, CounterSeries> {
    return this.#told("counter", definition, () => new CounterSeries());
  }

  /** A value that rises and falls. */
  gauge<L extends string = never>(definition: MetricDefinition<L>): Metric<L, GaugeSeries> {
    return this.#told("gauge", definition, () => new GaugeSeries());
  }

  /** The distribution of a value, by upper bounds. */
  histogram<L extends string = never>(
    { bounds, ...definition }: MetricDefinition<L> & { bounds: readonly number[] },
  ): Metric<L, HistogramSeries> {
    const shape = histogramShape(bounds);
    return this.#told("histogram", definition, () => new HistogramSeries(shape));
  }

  /** A sum and a count. */
  summary<L extends string = never>(definition: MetricDefinition<L>): Metric<L, SummarySeries> {
    return this.#told("summary", definition, () => new SummarySeries());
  }

  /** A count or a value that somebody else keeps: asked for at every scrape. Folded values are summed. */
  asked<L extends string = never>(
    definition: MetricDefinition<L> & {
      type: "counter" | "gauge" | "info";
      read(say: (value: number, labels: Labels<L>) => void): void;
    },
  ): void {
    const { type, read } = definition;
    this.#register(type, definition, () => {
      const table = this.#table(definition, () => new GaugeSeries());
      read((value, labels) => table.at(labels).add(value));
      return table.entries;
    });
  }

  /** Everything as it stands, in the form that an `Accept` header asks for. */
  expose(accept: string | null = null): Exposition {
    return expositionFor(accept, this.#families);
  }

  #told<L extends string, S extends Series>(
    type: MetricType,
    definition: MetricDefinition<L>,
    make: () => S,
  ): Metric<L, S> {
    const table = this.#table(definition, make);
    this.#register(type, definition, () => table.entries);
    // What has no labels is there from the start: a count of zero says more than none.
    if (!definition.labels?.length) table.at({} as Labels<L>);
    return table;
  }

  #table<L extends string, S>({ name, labels = [] }: MetricDefinition<L>, make: () => S): SeriesTable<L, S> {
    return new SeriesTable({ labels, make, bound: this.#bound, onFold: () => this.#folded.at({ metric: name }).add() });
  }

  #register(type: MetricType, definition: MetricDefinition<string>, entries: Family["entries"]): void {
    const { name, help, labels = [], adopted = false } = definition;
    const fault = !(adopted ? /^[a-z][a-z0-9_]*$/ : /^(?:weir|process)_[a-z][a-z0-9_]*$/).test(name)
      ? "it must begin with weir_ or process_ and have only small letters, digits and underscores"
      : (type === "counter") !== name.endsWith("_total")
      ? "counters, and only they, end in _total"
      : labels.some((label) => RESERVED.has(label))
      ? "le and quantile are labels of histograms' and summaries' own"
      : this.#families.some((family) => family.name === name)
      ? "there is one already"
      : undefined;
    if (fault) throw new Error(`Cannot make the metric ${name}: ${fault}`);
    this.#families.push({ type, name, help, entries });
  }
}

import type { Analyzer } from "../src/core/analyzer.ts";
import type { DriftReport } from "../src/core/drift.ts";
import type { Step } from "./pipeline.ts";

/** What the analyzers of a stream remember beyond their thread. */
export interface MemoriesOptions {
  /** What they remembered in an earlier life, by step. */
  recalled?: Readonly<Record<string, unknown>>;
  /** An analyzer has something new to remember. */
  emit(step: string, memory: unknown): void;
}

/** Brings a pipeline's analyzers together with what they remember, what they stand behind, and what people ask of them. */
export class Memories {
  #analyzers = new Map<string, Analyzer>();
  #known = new WeakSet<Analyzer>();

  constructor(private readonly options: MemoriesOptions) {}

  /** From here on these are the steps. */
  follow(steps: readonly Step[]): void {
    const models = Object.fromEntries(
      steps.flatMap((step) => "spec" in step ? [[step.name, { name: step.spec.name, sha256: step.spec.sha256 }]] : []),
    );
    this.#analyzers = new Map(steps.flatMap((step) => "analyzer" in step ? [[step.name, step.analyzer]] : []));
    for (const [name, analyzer] of this.#analyzers) {
      analyzer.follow?.(models);
      if (this.#known.has(analyzer)) continue;
      this.#known.add(analyzer);
      const memory = this.options.recalled?.[name];
      if (memory !== undefined) analyzer.recall?.(memory);
    }
  }

  /** Passes on what there is to remember. */
  push(): void {
    for (const [name, analyzer] of this.#analyzers) {
      const memory = analyzer.remember?.();
      if (memory !== undefined) this.options.emit(name, memory);
    }
  }

  /** Has a step's analyzer do something. */
  order(step: string, order: string): void {
    const analyzer = this.#analyzers.get(step);
    if (!analyzer?.order) throw new RangeError(`There is no step called ${step} that could ${order}`);
    analyzer.order(order);
    this.push();
  }

  /** How far things have drifted, by step; undefined where nobody looks. */
  get drift(): Record<string, DriftReport> | undefined {
    const reports = [...this.#analyzers].flatMap(([name, analyzer]) => {
      const report = analyzer.drift?.();
      return report ? [[name, report] as const] : [];
    });
    return reports.length > 0 ? Object.fromEntries(reports) : undefined;
  }
}

import { createHash } from "node:crypto";
import { analyzerNamed } from "../src/analyzers/registry.ts";
import type { Analyzer } from "../src/core/analyzer.ts";
import type { RunOverrides } from "../src/core/inference.ts";
import { framesUnderWay } from "../src/core/memory_bound.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { ModelOutput } from "../src/core/results.ts";
import type { CascadeOptions, PipelineStep } from "../src/core/stream.ts";
import type { Cascade } from "../streams/cascade.ts";
import { CropCascade } from "../streams/crop_cascade.ts";
import { ModelInput } from "../streams/model_input.ts";
import type { Step } from "../streams/pipeline.ts";
import { SimilarityCache } from "../streams/similarity_cache.ts";
import { stepReference } from "../streams/step_reference.ts";
import { TrialBook } from "../streams/trial_book.ts";
import { VectorCascade } from "../streams/vector_cascade.ts";
import { VectorInput } from "../streams/vector_input.ts";
import { VersionTrial } from "../streams/version_trial.ts";
import type { ModelSetup } from "./protocol.ts";

/** Runs that may be under way at one replica: one running, some that lie ready, one on its way home. */
const RUNS_PER_REPLICA = 5;
/** What an asker leaves open. */
const CACHE = { similarity: 0.95, entries: 256, sample: 0.05 };
const CROPS = { margin: 0, minSize: 16, max: 8, everyNth: 1 };

type Asked = { name?: string; model: string; publish?: boolean } & RunOverrides & CascadeOptions;

/** Makes pipelines ready to run. What feeds a model is shared by all streams of this thread. */
export class Steps implements Disposable {
  /** By the model's key. */
  #pictures = new Map<string, ModelInput>();
  #vectors = new Map<string, VectorInput>();
  /** What came of trying versions beside others. */
  readonly trials = new TrialBook();

  /** The steps of a pipeline whose models are those; throws when one cannot be made. */
  make(pipeline: readonly PipelineStep[], setups: readonly ModelSetup[]): Step[] {
    const made: Step[] = [];
    for (const step of pipeline) made.push(this.#step(step, setups, made));
    return made;
  }

  /** A model is unloaded; what was kept for its input goes. */
  forget(key: string): void {
    this.#pictures.get(key)?.[Symbol.dispose]();
    this.#pictures.delete(key);
    this.#vectors.delete(key);
  }

  /** Bytes of each step's input for one frame. */
  inputBytes(steps: readonly Step[]): number[] {
    return steps.map((step) => {
      if (!("spec" in step)) return 0;
      const { pool } = (this.#pictures.get(step.model) ?? this.#vectors.get(step.model))!;
      const tried = "trial" in step ? step.trial?.keys ?? [] : [];
      const trialBytes = tried.reduce((sum, key) => sum + this.#pictures.get(key)!.pool.bufferBytes, 0);
      return (trialBytes + pool.bufferBytes) * ("cascade" in step ? step.cascade.most : 1);
    });
  }

  /** The most memory that all inputs can take. */
  get boundBytes(): number {
    return [...this.#pictures.values(), ...this.#vectors.values()].reduce((sum, { pool }) => sum + pool.boundBytes, 0);
  }

  [Symbol.dispose](): void {
    for (const input of this.#pictures.values()) input[Symbol.dispose]();
    this.#pictures.clear();
    this.#vectors.clear();
  }

  #step(asked: PipelineStep, setups: readonly ModelSetup[], before: readonly Step[]): Step {
    if (!("model" in asked)) {
      const { analyzer: kind, name, ...options } = asked as { analyzer: string; name?: string };
      return { name: name ?? kind, analyzer: analyzerNamed(kind, options) as Analyzer };
    }
    const { name, model, publish, on, margin, minSize, max, everyNth, cache, ...overrides } = asked as Asked;
    const setup = setups.find(({ spec }) => spec.name === model)!;
    const { key, spec, replicas, maxBatch } = setup;
    const shared = {
      name: name ?? spec.task,
      model: key,
      spec,
      // What a frame leaves behind is what the next one goes on with.
      concurrency: spec.state ? 1 : framesUnderWay(replicas, maxBatch),
      silent: publish === false,
    };
    if (on === undefined) {
      const input = this.#pictureInput(setup);
      const trial = this.#trial(setup, overrides);
      if (trial) return { ...shared, input: trial, trial };
      return {
        ...shared,
        input: {
          expect: (picture) => input.expect(picture),
          run: (picture, turn, options) => input.run(picture, turn, { ...options, overrides }),
        },
      };
    }
    const reference = stepReference(on, before.map(({ name }) => name));
    if (!reference) throw new RangeError(`Cannot run ${shared.name} on ${on}: there is no such step before it`);
    const { step, label } = reference;
    const rules = {
      label,
      margin: margin ?? CROPS.margin,
      minSize: minSize ?? CROPS.minSize,
      max: max ?? CROPS.max,
      everyNth: everyNth ?? CROPS.everyNth,
    };
    const source = before.find(({ name }) => name === step)!;
    const most = "cascade" in source ? source.cascade.most : 1;
    const takesVectors = spec.input.layout === "vector";
    const trial = takesVectors ? undefined : this.#trial(setup, overrides);
    const cascade: Cascade = takesVectors
      ? new VectorCascade({ on: step, most, input: this.#vectorInput(setup), overrides })
      : new CropCascade({
        on: step,
        rules,
        input: trial ?? this.#pictureInput(setup),
        overrides,
        ...(spec.state && { remembering: shared }),
      });
    const of = "scope" in source ? source.scope : "model" in source ? source.model : source.name;
    // How a crop is cut is part of how it is prepared.
    const cut = takesVectors ? undefined : rules.margin;
    return {
      ...shared,
      cascade,
      ...(trial && { trial }),
      scope: JSON.stringify([
        key,
        cut,
        of,
        (setup.candidates ?? []).map(({ role, share, setup }) => [role, share, setup.key]),
      ]),
      digest: digestOf(spec, { ...overrides, cut }, source),
      ...(cache && { cache: new SimilarityCache<ModelOutput>({ ...CACHE, ...cache }) }),
      figures: { runs: 0, failed: 0, skipped: 0 },
    };
  }

  /** The other versions that are tried on a step's frames, with figures that outlive the step. */
  #trial(setup: ModelSetup, overrides: RunOverrides): VersionTrial | undefined {
    const { candidates = [] } = setup;
    if (candidates.length === 0) return undefined;
    const tried = (of: ModelSetup) => ({
      key: of.key,
      version: of.spec.version ?? "",
      input: this.#pictureInput(of),
    });
    const active = tried(setup);
    return new VersionTrial(
      active,
      candidates.map(({ role, share, setup: other }) => {
        const about = { model: other.spec.family ?? other.spec.name, version: other.spec.version ?? "", role };
        const figures = this.trials.of({ ...about, beside: active.version });
        return { ...tried(other), role, share, figures };
      }),
      overrides,
    );
  }

  #pictureInput({ key, spec, replicas, maxBatch }: ModelSetup): ModelInput {
    let input = this.#pictures.get(key);
    if (!input) this.#pictures.set(key, input = new ModelInput(spec.input, RUNS_PER_REPLICA * replicas * maxBatch));
    return input;
  }

  #vectorInput({ key, spec, replicas, maxBatch }: ModelSetup): VectorInput {
    let input = this.#vectors.get(key);
    if (!input) this.#vectors.set(key, input = new VectorInput(spec.input, RUNS_PER_REPLICA * replicas * maxBatch));
    return input;
  }
}

/** The same for the same files, read and prepared in the same way, wherever they lie. */
function digestOf(spec: ModelSpec, settings: RunOverrides & { cut?: number } = {}, source?: Step): string {
  const { sha256, adapter, input, options } = spec;
  const of = source && ("digest" in source ? source.digest : "spec" in source ? digestOf(source.spec) : source.name);
  return createHash("sha256").update(JSON.stringify([sha256, adapter, input, options, settings, of])).digest("hex");
}

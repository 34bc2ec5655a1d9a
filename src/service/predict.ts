import { isDeepStrictEqual } from "node:util";
import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { PredictFigures, PredictModel, PredictPlaces, PredictService } from "../core/services.ts";
import type { ModelOutput } from "../core/results.ts";
import type { PipelineStep } from "../core/stream.ts";
import { rounded } from "../core/tidy.ts";
import { ActorError } from "../../actors/actor_error.ts";
import type { StillAnswer } from "../../actors/stills.ts";
import { listBuiltinModels } from "../../models/builtin_models.ts";
import { ModelError } from "../../models/model_error.ts";
import type { ImageLimits } from "../../streams/av/image_header.ts";
import type { Weir } from "../app.ts";
import { called, type ModelLease } from "../model_pool.ts";
import { namesOf, type ServerModels } from "./models.ts";
import { PredictLoad } from "./predict_load.ts";
import { pipelinePredictions, predictionsOf } from "./predictions.ts";

/** What predicting stands on. */
export interface PredictOptions {
  weir: Weir;
  models: ServerModels;
  limits: {
    /** Images under way at once. */
    predictions: number;
    /** How long one may take. */
    predictMs: number;
    /** Most pixels of one. */
    pixels: number;
  };
  offer: PredictOffer;
}

/** What there is besides the models themselves. */
export interface PredictOffer {
  /** Several models as one, by name. */
  pipelines: Readonly<Record<string, readonly PipelineStep[]>>;
  /** The pipeline that is meant where none is named. */
  default?: string | undefined;
}

type NoAnswer = Extract<StillAnswer, { refused: unknown } | { late: true }>;

/** How a thread of streams is asked. */
interface Way {
  times: { receivedAtMs: number; deadlineMs: number };
  options: { timeoutMs: number; signal: AbortSignal };
}

/** Whose images they are, and who keeps what they need until they are done. */
interface Holder {
  caller: string;
  hold<T extends Disposable>(lease: T): T;
}

const USER = "~predict";
const SIDE_MAX = 16_384;
const RETRY_MS = 1000;

/** Single images through the models and the queues that the streams have. */
export class Predict implements PredictService {
  #load: PredictLoad;
  #outcomes: Record<string, number> = {};
  #offer: PredictOffer;

  constructor(private readonly options: PredictOptions) {
    this.#load = new PredictLoad(options.limits.predictions);
    this.#offer = options.offer;
  }

  /** From here on this is what there is. Pipelines that are said as before keep what they have ready. */
  follow({ pipelines, default: named }: PredictOffer): void {
    const kept = Object.entries(pipelines).map(([name, steps]) => {
      const before = ownOf(this.#offer.pipelines, name);
      return [name, isDeepStrictEqual(before, steps) ? before! : steps] as const;
    });
    this.#offer = { pipelines: Object.fromEntries(kept), default: named };
  }

  /** What became of images so far. */
  get figures(): PredictFigures {
    return { outcomes: this.#outcomes, taken: this.#load.taken };
  }

  open(caller: string, images: number): PredictPlaces {
    const { predictions } = this.options.limits;
    const count = this.#load.take(caller, images);
    if (count === 0) {
      const message = `${this.#load.taken} images are under way already; this server takes ${predictions} at once, ` +
        "and keeps some of these places for other callers";
      throw new ServiceError("overloaded", message, { retryAfterMs: RETRY_MS });
    }
    const leases: Disposable[] = [];
    let open = true;
    const hold = <T extends Disposable>(lease: T): T => {
      // Whoever gave up while the model was loading has no use for it.
      if (open) leases.push(lease);
      else lease[Symbol.dispose]();
      return lease;
    };
    return {
      count,
      use: async (model) => {
        const { pipelines, default: named } = this.#offer;
        const pipeline = model ?? named;
        const steps = pipeline === undefined ? undefined : ownOf(pipelines, pipeline);
        return steps
          ? await this.#pipeline(pipeline!, steps, { caller, hold })
          : await this.#model(model, { caller, hold });
      },
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        this.#load.give(caller, count);
        for (const lease of leases) lease[Symbol.dispose]();
      },
    };
  }

  async #model(asked: string | undefined, { caller, hold }: Holder): Promise<PredictModel> {
    const { weir } = this.options;
    const [setup] = hold(await this.#lease(asked)).setups;
    const { key, spec } = setup;
    const { family: name = spec.name, task } = spec;
    const { input } = spec;
    if (input.layout === "vector") throw takesNoImages(name);
    const { replicas, maxBatch } = setup;
    const limits = this.#limits;
    return {
      name,
      run: async ({ image, minScore, topK }, signal) => {
        const overrides = minScore === undefined && topK === undefined ? undefined : {
          ...(minScore !== undefined && { minScore }),
          ...(topK !== undefined && { maxDetections: topK }),
        };
        const question = { image, setup: { key, input, replicas, maxBatch }, overrides, caller, limits };
        const { answer: { output, frame, timings }, tookMs } = await this.#answered(
          { key, name, caller, signal },
          (way) => weir.still({ ...question, ...way.times }, way.options),
        );
        const version = output.version ?? spec.version;
        return {
          model: name,
          ...(version !== undefined && { version }),
          ...predictionsOf(output, spec),
          processing_time_ms: tookMs,
          cached: output.cached === true,
          frame,
          outputs: { [task]: output },
          timings,
        };
      },
    };
  }

  async #pipeline(name: string, steps: readonly PipelineStep[], { caller, hold }: Holder): Promise<PredictModel> {
    const { weir } = this.options;
    const { pipeline, models } = await weir.images.use(USER, steps).catch((error) => notThere(name, error));
    const { setups } = hold(models);
    const named = setups.map(({ spec }, n) => ({ ...spec, step: (pipeline[n].name ?? spec.task) as string }));
    return {
      name,
      run: async ({ image, minScore, topK, session }, signal) => {
        if (minScore !== undefined || topK !== undefined) throw saidInSteps(name);
        // Whatever a client calls its sessions, they are its own.
        const own = session === undefined ? {} : { session: JSON.stringify([caller, session]) };
        const { answer: { result }, tookMs } = await this.#answered(
          { key: `${name}|`, name, caller, signal },
          (way) =>
            weir.images.run(
              { image, name, pipeline, setups, caller, limits: this.#limits, ...own, ...way.times },
              way.options,
            ),
        );
        const { frame, timings } = result;
        const outputs = result.outputs as Record<string, ModelOutput>;
        return {
          model: name,
          ...pipelinePredictions(outputs, named),
          processing_time_ms: tookMs,
          frame,
          outputs,
          timings: timings!,
        };
      },
    };
  }

  get #limits(): ImageLimits {
    return { maxPixels: this.options.limits.pixels, maxWidth: SIDE_MAX, maxHeight: SIDE_MAX };
  }

  /** Asks a thread of streams and counts what came of it. */
  async #answered<Answer extends object>(
    of: { key: string; name: string; caller: string; signal: AbortSignal },
    ask: (way: Way) => Promise<Answer | NoAnswer>,
  ): Promise<{ answer: Exclude<Answer, NoAnswer>; tookMs: number }> {
    const count = (outcome: string) => this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    try {
      const answered = await this.#inTime(of, ask);
      count("answered");
      return answered;
    } catch (error) {
      count(of.signal.aborted ? "gone" : error instanceof ServiceError ? error.code : "failed");
      throw error;
    }
  }

  /** Asks a thread of streams, unless it could not answer in time, and waits no longer than an image may take. */
  async #inTime<Answer extends object>(
    { key, name, caller, signal }: { key: string; name: string; caller: string; signal: AbortSignal },
    ask: (way: Way) => Promise<Answer | NoAnswer>,
  ): Promise<{ answer: Exclude<Answer, NoAnswer>; tookMs: number }> {
    const { predictMs } = this.options.limits;
    const expectedMs = this.#load.expectedMs(key, caller);
    if (expectedMs > predictMs) throw this.#overloaded(expectedMs);
    const receivedAtMs = nowMs();
    const times = { receivedAtMs, deadlineMs: receivedAtMs + predictMs };
    const entered = this.#load.enter(key, caller);
    try {
      const answer = await ask({ times, options: { timeoutMs: predictMs, signal } });
      if ("refused" in answer) {
        const { code, message } = answer.refused;
        throw new ServiceError(code === "too_large" ? "too_large" : "undecodable", message);
      }
      const tookMs = nowMs() - receivedAtMs;
      entered.took(tookMs);
      if ("late" in answer) {
        const waited = !entered.alone || answer.waitedMs > predictMs / 2;
        throw waited && answer.expectedMs <= predictMs ? this.#overloaded(predictMs) : this.#tooSlow();
      }
      return { answer: answer as Exclude<Answer, NoAnswer>, tookMs: rounded(tookMs, 1000) };
    } catch (error) {
      // Whatever broke then, it broke because everything stops or nobody waits any more.
      if (signal.aborted) throw signal.reason;
      if (error instanceof ServiceError) throw error;
      if (!(error instanceof ActorError && error.code === "timeout")) throw failed(name, error);
      entered.took(predictMs);
      throw entered.alone ? this.#tooSlow() : this.#overloaded(this.#load.expectedMs(key, caller));
    } finally {
      entered.leave();
    }
  }

  #tooSlow(): ServiceError {
    const { predictMs } = this.options.limits;
    return new ServiceError("timeout", `The model had no time for this image within ${predictMs} ms`);
  }

  #overloaded(expectedMs: number): ServiceError {
    const { predictMs } = this.options.limits;
    const message = `The model has more to do than it can do in time: of an image it would take about ` +
      `${(Math.max(expectedMs, predictMs) / 1000).toFixed(1)} s until its answer, and it may take ${
        predictMs / 1000
      } s`;
    return new ServiceError("overloaded", message, { retryAfterMs: Math.max(RETRY_MS, expectedMs - predictMs) });
  }

  /** The right to the model that is meant. What is loaded under its name need not be looked for. */
  async #lease(asked: string | undefined): Promise<ModelLease> {
    const { weir, models } = this.options;
    const named = asked ?? models.defaultModel;
    const loaded = named === undefined
      ? undefined
      : await weir.useLoaded(USER, named).catch((error) => notThere(named, error));
    if (loaded) return loaded;
    const meant = await this.#meant(asked);
    return await weir.useModel(USER, meant).catch((error) => notThere(meant, error));
  }

  /** Whoever may look may choose among what this server has; a path that it was not told of is none of these. */
  async #meant(model: string | undefined): Promise<string> {
    const { weir, models } = this.options;
    if (model === undefined) {
      if (models.defaultModel !== undefined) return models.defaultModel;
      const loaded = weir.models().map(({ setup }) => ({ name: setup.spec.name }));
      if (loaded.length === 1) return loaded[0].name;
      const message = `is needed, as ${loaded.length === 0 ? "none is" : "several are"} loaded and none is the default`;
      throw new ServiceError("conflict", `Which model? Name one with ?model=: ${namesOf(await this.#known())}`, {
        faults: [{ path: "model", message }],
      });
    }
    const known = await this.#known();
    if (known.some(({ name }) => name === model) || await models.isRegistered(model)) return model;
    throw new ServiceError("not_found", `There is no model called ${model}; there are: ${namesOf(known)}`);
  }

  async #known(): Promise<{ name: string }[]> {
    const { weir } = this.options;
    const names = new Set([
      ...weir.models().map(({ setup }) => setup.spec.name),
      ...weir.declarations.map(({ declared, name }) => name ?? called(declared)),
      ...await this.options.models.registered(),
      ...(await listBuiltinModels()).map(({ name }) => name),
      ...Object.keys(this.#offer.pipelines),
    ]);
    return [...names].map((name) => ({ name }));
  }
}

function takesNoImages(name: string): ServiceError {
  return new ServiceError("conflict", `The model ${name} judges feature vectors of another model and takes no images`);
}

function saidInSteps(name: string): ServiceError {
  const message = "in a pipeline its steps say this";
  return new ServiceError("invalid", `${name} is a pipeline of several models`, {
    faults: [{ path: "min_score", message }, { path: "top_k", message }],
  });
}

/** What stands under a name that came from outside. */
function ownOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function notThere(name: string, error: unknown): never {
  // What is no model for pictures will not be one later.
  const code = error instanceof ModelError && error.code === "unrecognised" ? "conflict" : "unavailable";
  throw new ServiceError(code, `The model ${name} cannot be loaded: ${wordsOf(error)}`, { cause: error });
}

function failed(name: string, error: unknown): ServiceError {
  return new ServiceError("unavailable", `The model ${name} could not run: ${wordsOf(error)}`, {
    cause: error,
    retryAfterMs: RETRY_MS,
  });
}

function wordsOf(error: unknown): string {
  return redactUrls(error instanceof Error ? error.message : String(error));
}

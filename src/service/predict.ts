import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { Prediction, PredictPlaces, PredictRequest, PredictService } from "../core/services.ts";
import { rounded } from "../core/tidy.ts";
import { ActorError } from "../../actors/actor_error.ts";
import type { ModelSetup } from "../../actors/protocol.ts";
import type { StillAnswer } from "../../actors/stills.ts";
import { listBuiltinModels } from "../../models/builtin_models.ts";
import type { Weir } from "../app.ts";
import { called, type ModelLease } from "../model_pool.ts";
import { namesOf, type ServerModels } from "./models.ts";
import { PredictLoad } from "./predict_load.ts";
import { predictionsOf } from "./predictions.ts";

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
}

const USER = "~predict";
const SIDE_MAX = 16_384;
const RETRY_MS = 1000;

/** Single images through the models and the queues that the streams have. */
export class Predict implements PredictService {
  #load: PredictLoad;

  constructor(private readonly options: PredictOptions) {
    this.#load = new PredictLoad(options.limits.predictions);
  }

  open(caller: string, images: number): PredictPlaces {
    const { weir, limits: { predictions } } = this.options;
    const count = this.#load.take(caller, images);
    if (count === 0) {
      const message = `${this.#load.taken} images are under way already; this server takes ${predictions} at once, ` +
        "and keeps some of these places for other callers";
      throw new ServiceError("overloaded", message, { retryAfterMs: RETRY_MS });
    }
    const leases: ModelLease[] = [];
    let open = true;
    return {
      count,
      use: async (model) => {
        const name = await this.#meant(model);
        const lease = await weir.useModel(USER, name).catch((error) => notThere(name, error));
        // Whoever gave up while the model was loading has no use for it.
        if (open) leases.push(lease);
        else lease[Symbol.dispose]();
        const [setup] = lease.setups;
        if (setup.spec.input.layout === "vector") throw takesNoImages(setup.spec.name);
        return { name: setup.spec.name, run: (request, signal) => this.#run(setup, { ...request, caller }, signal) };
      },
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        this.#load.give(caller, count);
        for (const lease of leases) lease[Symbol.dispose]();
      },
    };
  }

  async #run(
    setup: ModelSetup,
    { image, minScore, topK, caller }: PredictRequest & { caller: string },
    signal: AbortSignal,
  ): Promise<Prediction> {
    const { weir, limits: { predictMs, pixels } } = this.options;
    const { key, spec } = setup;
    const expectedMs = this.#load.expectedMs(key, caller);
    if (expectedMs > predictMs) throw this.#overloaded(expectedMs);
    const receivedAtMs = nowMs();
    const overrides = {
      ...(minScore !== undefined && { minScore }),
      ...(topK !== undefined && { maxDetections: topK }),
    };
    const question = {
      image,
      limits: { maxPixels: pixels, maxWidth: SIDE_MAX, maxHeight: SIDE_MAX },
      setup,
      caller,
      overrides,
      receivedAtMs,
      deadlineMs: receivedAtMs + predictMs,
    };
    const entered = this.#load.enter(key, caller);
    let answer: StillAnswer;
    try {
      answer = await weir.still(question, { timeoutMs: predictMs, signal });
      if ("output" in answer || "late" in answer) entered.took(nowMs() - receivedAtMs);
    } catch (error) {
      // Whatever broke then, it broke because everything stops or nobody waits any more.
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof ActorError && error.code === "timeout")) throw failed(spec.name, error);
      entered.took(predictMs);
      throw entered.alone ? this.#tooSlow() : this.#overloaded(this.#load.expectedMs(key, caller));
    } finally {
      entered.leave();
    }
    if ("late" in answer) {
      const { waitedMs, expectedMs } = answer;
      const waited = !entered.alone || waitedMs > predictMs / 2;
      throw waited && expectedMs <= predictMs ? this.#overloaded(predictMs) : this.#tooSlow();
    }
    if ("refused" in answer) {
      const { code, message } = answer.refused;
      throw new ServiceError(code === "too_large" ? "too_large" : "undecodable", message);
    }
    const { frame, output, timings } = answer;
    const version = output.version ?? spec.version;
    return {
      model: spec.family ?? spec.name,
      ...(version !== undefined && { version }),
      ...predictionsOf(output, spec),
      processing_time_ms: rounded(nowMs() - receivedAtMs, 1000),
      cached: output.cached === true,
      frame,
      outputs: { [spec.task]: output },
      timings,
    };
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

  /** Whoever may look may choose among what this server has; a path that it was not told of is none of these. */
  async #meant(model: string | undefined): Promise<string> {
    const { weir, models } = this.options;
    const loaded = weir.models().map(({ setup }) => ({ name: setup.spec.name }));
    if (model === undefined) {
      if (models.defaultModel !== undefined) return models.defaultModel;
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
    ]);
    return [...names].map((name) => ({ name }));
  }
}

function takesNoImages(name: string): ServiceError {
  return new ServiceError("conflict", `The model ${name} judges feature vectors of another model and takes no images`);
}

function notThere(name: string, error: unknown): never {
  throw new ServiceError("unavailable", `The model ${name} cannot be loaded: ${wordsOf(error)}`, { cause: error });
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

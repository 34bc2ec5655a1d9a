import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { Prediction, PredictPlaces, PredictRequest, PredictService } from "../core/services.ts";
import { ActorError } from "../../actors/actor_error.ts";
import type { ModelSetup } from "../../actors/protocol.ts";
import type { StillAnswer } from "../../actors/stills.ts";
import { listBuiltinModels } from "../../models/builtin_models.ts";
import type { Weir } from "../app.ts";
import { called } from "../model_pool.ts";
import { namesOf, type ServerModels } from "./models.ts";

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
  #underWay = 0;

  constructor(private readonly options: PredictOptions) {}

  async open(model: string | undefined, images: number): Promise<PredictPlaces> {
    const { weir, limits: { predictions } } = this.options;
    const places = Math.min(images, predictions);
    if (this.#underWay + places > predictions) {
      const message = `${this.#underWay} images are under way already, and this server takes ${predictions} at once`;
      throw new ServiceError("unavailable", message, { retryAfterMs: RETRY_MS });
    }
    this.#underWay += places;
    try {
      const name = await this.#meant(model);
      const lease = await weir.useModel(USER, name).catch((error) => notThere(name, error));
      const [setup] = lease.setups;
      let open = true;
      return {
        model: setup.spec.name,
        count: places,
        run: (request, signal) => this.#run(setup, request, signal),
        [Symbol.dispose]: () => {
          if (!open) return;
          open = false;
          this.#underWay -= places;
          lease[Symbol.dispose]();
        },
      };
    } catch (error) {
      this.#underWay -= places;
      throw error;
    }
  }

  async #run(setup: ModelSetup, { image, minScore }: PredictRequest, signal: AbortSignal): Promise<Prediction> {
    const { weir, limits: { predictMs, pixels } } = this.options;
    const receivedAtMs = nowMs();
    const question = {
      image,
      limits: { maxPixels: pixels, maxWidth: SIDE_MAX, maxHeight: SIDE_MAX },
      setup,
      ...(minScore !== undefined && { overrides: { minScore } }),
      receivedAtMs,
      deadlineMs: receivedAtMs + predictMs,
    };
    let answer: StillAnswer;
    try {
      answer = await weir.still(question, { timeoutMs: predictMs, signal });
    } catch (error) {
      // Whatever broke then, it broke because everything stops or nobody waits any more.
      if (signal.aborted) throw signal.reason;
      throw error instanceof ActorError && error.code === "timeout" ? this.#late() : failed(setup.spec.name, error);
    }
    if ("late" in answer) throw this.#late();
    if ("refused" in answer) {
      const { code, message } = answer.refused;
      throw new ServiceError(code === "too_large" ? "too_large" : "undecodable", message);
    }
    const { frame, output, timings } = answer;
    return { model: setup.spec.name, frame, outputs: { [setup.spec.task]: output }, timings };
  }

  #late(): ServiceError {
    const { predictMs } = this.options.limits;
    return new ServiceError("timeout", `The model had no time for this image within ${predictMs} ms`);
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

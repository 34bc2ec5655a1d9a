import { isDeepStrictEqual } from "node:util";
import type { CapturedFrame, CaptureModel, CaptureRules } from "../core/captures.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { PredictModel, PredictPlaces, PredictService } from "../core/services.ts";
import { CaptureChoice } from "../../streams/capture_choice.ts";
import type { Weir } from "../app.ts";
import type { Captures } from "./captures.ts";

/** What keeping images stands on. */
export interface KeptPredictionsOptions {
  predict: PredictService;
  captures: Pick<Captures, "push" | "place">;
  weir: Pick<Weir, "models">;
  /** Without rules nothing is kept. */
  rules: CaptureRules | undefined;
}

/** The name under which images of /predict are kept; no stream can be called so. */
export const PREDICT_ALBUM = "~predict";

/** Images that are run through models, some of which are kept by rules, as they were sent and with what was answered. */
export class KeptPredictions implements PredictService {
  #rules: CaptureRules | undefined;
  #choice: CaptureChoice | undefined;
  #seq = 0;

  constructor(private readonly options: KeptPredictionsOptions) {
    this.#rules = options.rules;
  }

  /** From here on these rules hold. */
  follow(rules: CaptureRules | undefined): void {
    if (isDeepStrictEqual(rules, this.#rules)) return;
    this.#rules = rules;
    this.#choice = undefined;
  }

  open(caller: string, images: number): PredictPlaces {
    const places = this.options.predict.open(caller, images);
    return {
      count: places.count,
      use: async (model) => this.#kept(await places.use(model)),
      [Symbol.dispose]: () => places[Symbol.dispose](),
    };
  }

  #kept(model: PredictModel): PredictModel {
    return {
      ...model,
      run: async (request, signal) => {
        if (!this.#rules?.enabled) return await model.run(request, signal);
        // The image itself moves to another thread.
        const image = request.image.slice();
        const prediction = await model.run(request, signal);
        this.#offer(image, prediction);
        return prediction;
      },
    };
  }

  #offer(image: Uint8Array, { frame, outputs }: Awaited<ReturnType<PredictModel["run"]>>): void {
    const rules = this.#rules;
    const { captures } = this.options;
    if (!rules?.enabled) return;
    // What of the day's sample there is already is known once the albums are open.
    this.#choice ??= new CaptureChoice(rules, { sample: captures.place(PREDICT_ALBUM).sample });
    const atMs = Date.now();
    const result: ResultEnvelope = {
      v: 1,
      type: "result",
      stream: PREDICT_ALBUM,
      epoch: 1,
      seq: ++this.#seq,
      pts: atMs / 1000,
      frame,
      outputs,
    };
    const choice = this.#choice.choose(result, { atMs, alerted: false });
    const type = typeOf(image);
    if (!choice || choice === "refused" || !type) return;
    captures.push({
      stream: PREDICT_ALBUM,
      atMs,
      ...choice,
      image,
      type,
      ...frame,
      models: this.#modelsOf(result),
      result,
    });
  }

  #modelsOf({ outputs }: ResultEnvelope): Record<string, CaptureModel> {
    const specs = new Map(this.options.weir.models().map(({ setup: { spec } }) => [spec.name, spec]));
    return Object.fromEntries(
      Object.entries(outputs).flatMap(([step, { model }]) => {
        const spec = specs.get(model as string);
        if (!spec) return [];
        const { name, sha256, version, minScore, iou, maxDetections } = spec;
        return [[step, { name, sha256, ...(version !== undefined && { version }), minScore, iou, maxDetections }]];
      }),
    );
  }
}

const SIGNATURES: readonly [type: CapturedFrame["type"], at: number, bytes: readonly number[]][] = [
  ["jpg", 0, [0xff, 0xd8, 0xff]],
  ["png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["webp", 8, [0x57, 0x45, 0x42, 0x50]],
  ["gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["bmp", 0, [0x42, 0x4d]],
];

/** What an image is, by how it begins. */
function typeOf(image: Uint8Array): CapturedFrame["type"] | undefined {
  return SIGNATURES.find(([, at, bytes]) => bytes.every((byte, n) => image[at + n] === byte))?.[0];
}

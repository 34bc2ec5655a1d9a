import { nowMs } from "../src/core/clock.ts";
import { tidyOutput } from "../src/core/tidy.ts";
import type { InputSpec } from "../src/core/model.ts";
import type { Placement } from "../src/vision/fit.ts";
import { feedsOf } from "../models/feeds.ts";
import { type OnnxModel, openModel } from "../models/onnx.ts";
import { adapterNamed } from "../models/registry.ts";
import { letGo } from "../models/tensors.ts";
import type { ImageInputs } from "./image_inputs.ts";
import { ModelStates } from "./model_states.ts";
import { patientThread } from "./prompt_thread.ts";
import type { FromReplica, ModelSetup, ReplicaInit, ReplicaStats, ToReplica } from "./protocol.ts";
import { type MakeInput, Replica, type RunBatch } from "./replica.ts";
import { hostActor } from "./worker_host.ts";

const TYPED = { float32: Float32Array, float16: Float16Array, uint8: Uint8Array };

let model: OnnxModel | undefined;
let replica: Replica | undefined;
let states: ModelStates | undefined;
let images: ImageInputs | undefined;

hostActor<ReplicaInit, ToReplica, FromReplica>({
  async start(init, context) {
    patientThread();
    const { setup, device, threads, deterministic, dispatcher } = init;
    model = await openModel(setup.spec.file, { device, threads, deterministic });
    states = setup.spec.state && new ModelStates(setup.spec.state);
    const run = batchRunner(model, setup);
    await warmUp(model, setup);
    const forget = (stream: string) => states?.forget(stream);
    const { maxBatch, maxDelayMs } = setup;
    replica = new Replica({
      dispatcher,
      maxBatch,
      maxDelayMs,
      run,
      makeInput: inputMaker(setup),
      forget,
    });
    replica.start();
    if (takesImages(model, init)) context.emit({ type: "takesImages" });
  },
  handle(message): ReplicaStats | void {
    if (message.type === "streams") replica!.addStreams(message.worker, message.port);
    else if (message.type === "dispatcher") replica!.setDispatcher(message.port);
    else if (message.type === "streamsGone") replica!.removeStreams(message.worker);
    else return { ...replica!.counts, ...statesHeld(), recentMs: replica!.recentMs, provider: model!.provider };
  },
  async close() {
    replica?.[Symbol.dispose]();
    images?.[Symbol.dispose]();
    await model?.close();
  },
});

/** The first run allocates and plans; it must not be a camera's. */
async function warmUp(model: OnnxModel, setup: ModelSetup): Promise<void> {
  const { input } = setup.spec;
  const data = new TYPED[input.type](elements(input));
  await model.run({ ...feedsOf(setup.spec, { data, count: 1 }), ...states?.feeds() }, setup.spec.outputs);
}

/**
 * Whether images come here as they are: where a model takes one core and nothing else, decoding costs the same here as
 * anywhere, and an image is spared the way through another thread.
 */
function takesImages({ provider }: OnnxModel, { threads, setup: { maxBatch, spec } }: ReplicaInit): boolean {
  return provider === "cpu" && threads === 1 && maxBatch === 1 && spec.input.layout !== "vector";
}

/** What decodes is loaded with the first image: most replicas never see one. */
function inputMaker({ spec: { input } }: ModelSetup): MakeInput {
  return async (image) => {
    if (!images) {
      const { ImageInputs } = await import("./image_inputs.ts");
      images = new ImageInputs(input);
    }
    return images.make(image);
  };
}

function statesHeld(): Pick<ReplicaStats, "states"> {
  return states ? { states: { held: states.held, dropped: states.dropped } } : {};
}

function batchRunner(model: OnnxModel, setup: ModelSetup): RunBatch {
  const { spec } = setup;
  const adapter = adapterNamed(spec.adapter);
  const Typed = TYPED[spec.input.type];
  const size = elements(spec.input);
  const named = { model: spec.family ?? spec.name, ...(spec.version !== undefined && { version: spec.version }) };
  const wanted = [...spec.outputs, ...states?.outputs ?? []];
  const scratch = setup.maxBatch > 1 ? new Typed(size * setup.maxBatch) : undefined;
  return async (frames) => {
    const startedAtMs = nowMs();
    let data = new Typed(frames[0].buffer);
    if (frames.length > 1) {
      frames.forEach((frame, index) => scratch!.set(new Typed(frame.buffer), index * size));
      data = scratch!.subarray(0, frames.length * size);
    }
    // A model that remembers takes one frame at a time.
    const [{ memory }] = frames;
    const feeds = { ...feedsOf(spec, { data, count: frames.length }), ...states?.feeds(memory) };
    const outputs = await model.run(feeds, wanted);
    states?.keep(outputs, memory);
    const inferMs = nowMs() - startedAtMs;
    const answers = frames.map(({ placement, overrides }, index) => {
      const beganMs = nowMs();
      try {
        const effective = overrides ? { ...spec, ...overrides } : spec;
        const read = adapter.read(outputs, index, effective, placement as Placement);
        return { output: tidyOutput({ ...named, ...read }), readMs: nowMs() - beganMs };
      } catch (error) {
        return { error: error instanceof Error ? error.message : String(error) };
      }
    });
    letGo(outputs);
    return { startedAtMs, inferMs, answers };
  };
}

function elements(input: InputSpec): number {
  return input.width * input.height * (input.colour === "gray" ? 1 : 3);
}

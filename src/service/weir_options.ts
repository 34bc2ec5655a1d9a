import type { Device } from "../core/model.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import type { SharedAnswersOptions } from "../../streams/shared_answers.ts";

/** How Weir uses the machine. Every default follows from the number of cores. */
export interface WeirOptions {
  /** Threads that decode; streams are spread over them as they come. */
  streamWorkers?: number;
  /** Copies of each model, each in a thread of its own. */
  replicas?: number;
  /** ONNX Runtime threads of each copy. */
  threads?: number;
  device?: Device;
  /** Largest batch; 1 keeps every frame's result independent of its company. */
  maxBatch?: number;
  /** How long a frame may wait for company in a batch. */
  maxDelayMs?: number;
  /** One replica, one thread, no batches: the same input gives the same bytes. */
  deterministic?: boolean;
  /** A model's run that takes longer is given up and its replica replaced. */
  answerTimeoutMs?: number;
  /** A thread that decodes and answers nothing for so long is replaced: something in it does not come back. */
  deafMs?: number;
  /** How long a model that nobody uses any more stays loaded. */
  lingerMs?: number;
  /** How long streams may take to finish what they have under way when everything stops. */
  drainMs?: number;
  /** Models that were added, which streams may name. */
  registry?: RegistryStore;
  /** Files of analyzers that do not come with Weir, for the threads that run them. */
  plugins?: readonly string[];
  /** Where images' answers are remembered together with other servers. */
  sharedAnswers?: SharedAnswersOptions;
}

const ANSWER_TIMEOUT_MS = 30_000;
// Far longer than any picture takes, on the busiest of machines.
const DEAF_MS = 30_000;
const LINGER_MS = 60_000;
const DRAIN_MS = 8_000;

/** The options with everything that was left open. */
export function weirOptions(
  options: WeirOptions,
): Required<Omit<WeirOptions, "registry" | "plugins" | "sharedAnswers">> {
  const cores = navigator.hardwareConcurrency;
  const replicas = options.deterministic ? 1 : options.replicas ?? Math.min(4, cores);
  return {
    streamWorkers: options.streamWorkers ?? Math.min(4, cores),
    replicas,
    threads: options.deterministic ? 1 : options.threads ?? Math.max(1, Math.floor(cores / replicas)),
    device: options.device ?? "auto",
    maxBatch: options.deterministic ? 1 : options.maxBatch ?? 1,
    maxDelayMs: options.maxDelayMs ?? 0,
    deterministic: options.deterministic ?? false,
    answerTimeoutMs: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    deafMs: options.deafMs ?? DEAF_MS,
    lingerMs: options.lingerMs ?? LINGER_MS,
    drainMs: options.drainMs ?? DRAIN_MS,
  };
}

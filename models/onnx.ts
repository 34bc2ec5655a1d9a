import { env, InferenceSession, listSupportedBackends } from "onnxruntime-node";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Device } from "../src/core/model.ts";
import { checkFeeds } from "./check_feeds.ts";
import { type GraphInfo, portText } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";
import { readGraphInfo } from "./onnx_metadata.ts";
import { loadError, missingProvider, runError } from "./onnx_errors.ts";
import type { Feed, Tensor } from "./tensors.ts";

/** A device that is not `auto`. */
export type Provider = Exclude<Device, "auto">;

/** How a model is to be opened. */
export interface OpenOptions {
  device: Device;
  /** Threads that one run uses. */
  threads: number;
  /** The same bytes in give the same bytes out, run after run, at this number of threads. */
  deterministic?: boolean;
}

/** An ONNX model in memory. Runs block their thread. */
export interface OnnxModel {
  readonly graph: GraphInfo;
  /** Where it runs; what a provider cannot run, ONNX Runtime runs on the CPU. */
  readonly provider: Provider;
  /** Why a faster device was not taken, where `auto` tried one. */
  readonly notes: string[];
  /** Runs the model and answers the outputs asked for, by default all of them. */
  run(feeds: Record<string, Feed>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Gives the memory back. A second call does nothing. */
  close(): Promise<void>;
}

/** ONNX Runtime tells Microsoft of machines and models unless this is set before its first use in a process. */
const NO_TELEMETRY = "ORT_DISABLE_TELEMETRY";

/** The devices that ONNX Runtime on this machine knows; `bundled` ones need no library of their own. */
export function listProviders(): { name: Provider; bundled: boolean }[] {
  if (Deno.env.get(NO_TELEMETRY) !== "1") Deno.env.set(NO_TELEMETRY, "1");
  return listSupportedBackends().map(({ name, bundled }) => ({ name: name as Provider, bundled }));
}

/** Opens an ONNX file for running. */
export async function openModel(file: string, options: OpenOptions): Promise<OnnxModel> {
  const graph = readGraphInfo(file);
  for (const name of graph.externalData) {
    if (!existsSync(join(dirname(file), name))) {
      throw new ModelError(
        "not_found",
        `Cannot open model ${file}: its weights are in ${name}, which is not beside it`,
      );
    }
  }
  env.logLevel = "fatal";
  const known = listProviders().map(({ name }) => name);
  const notes: string[] = [];
  const { device } = options;
  // WebGPU and CoreML may be slower than the CPU, or less exact: they are taken when asked for only.
  const wanted: Provider[] = device !== "auto" ? [device] : known.includes("cuda") ? ["cuda", "cpu"] : ["cpu"];
  for (const provider of wanted) {
    if (!known.includes(provider)) throw missingProvider(file, provider, known);
    try {
      const session = await createSession(file, graph, provider, options);
      return new Session(graph, provider, notes, session);
    } catch (error) {
      const failure = loadError(error, { graph, provider, known });
      if (failure.code !== "device" || provider === wanted.at(-1)) throw failure;
      notes.push(failure.message);
    }
  }
  throw new ModelError("device", `Cannot open model ${file}: no device is left to try`);
}

async function createSession(file: string, graph: GraphInfo, provider: Provider, options: OpenOptions) {
  // In a single-file build the built-in models exist for JavaScript only, not for native code.
  const embedded = Deno.build.standalone && graph.externalData.length === 0;
  const session: Record<string, unknown> = {
    intra_op: { allow_spinning: "0" },
    inter_op: { allow_spinning: "0" },
  };
  if (options.deterministic) session.use_deterministic_compute = "1";
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // Patterns add a block of all intermediate results to the arena, which has room for them already: megabytes for
    // every copy of a model, and no run is faster for it. DirectML refuses them anyway.
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session },
  };
  if (embedded) return await InferenceSession.create(await Deno.readFile(file), sessionOptions);
  return await InferenceSession.create(file, sessionOptions);
}

class Session implements OnnxModel {
  #readable: string[];
  #closed = false;

  constructor(
    readonly graph: GraphInfo,
    readonly provider: Provider,
    readonly notes: string[],
    private readonly session: InferenceSession,
  ) {
    // ONNX Runtime works out shapes that the file leaves open.
    for (const port of graph.outputs) {
      const meta = session.outputMetadata.find(({ name }) => name === port.name);
      if (!port.dims && meta?.isTensor) port.dims = meta.shape.map((dim) => dim === "" ? "?" : dim);
    }
    this.#readable = graph.outputs.filter(({ kind }) => kind === "tensor").map(({ name }) => name);
  }

  async run(feeds: Record<string, Feed>, outputs?: readonly string[]): Promise<Record<string, Tensor>> {
    const { file } = this.graph;
    if (this.#closed) throw new ModelError("failed", `Cannot run model ${file}: it is closed`);
    checkFeeds(this.graph, feeds);
    const wanted = outputs ?? this.graph.outputs.map(({ name }) => name);
    for (const name of wanted) this.#checkOutput(name);
    const inputs: Record<string, unknown> = {};
    for (const name in feeds) inputs[name] = native(feeds[name]);
    try {
      const results = await this.session.run(inputs as InferenceSession.FeedsType, wanted);
      return results as unknown as Record<string, Tensor>;
    } catch (error) {
      throw runError(file, error);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.session.release();
  }

  #checkOutput(name: string): void {
    if (this.#readable.includes(name)) return;
    const { file, outputs } = this.graph;
    const port = outputs.find((port) => port.name === name);
    const readable = this.#readable.join(", ") || "none that can be read";
    if (!port) {
      throw new ModelError("invalid_input", `Cannot run model ${file}: it has no output '${name}', it has ${readable}`);
    }
    const why = `output '${portText(port)}' is not a tensor, and only tensors can be read; ask for ${readable}`;
    throw new ModelError("unsupported", `Cannot run model ${file}: ${why}`);
  }
}

// ONNX Runtime's binding knows half floats by their bits only: it takes a Float16Array for an empty one. Its Tensor
// class would turn the bits into such an array, so the plain shape that the binding reads is handed over instead.
function native({ type, dims, data }: Feed): unknown {
  if (data instanceof Float16Array) data = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return { type, dims, data, location: "cpu" };
}

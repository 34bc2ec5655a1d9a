import { basename } from "node:path";
import { distributionOf } from "../core/distribution.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { ModelPort, ModelService, ModelState, ModelView } from "../core/services.ts";
import type { ReplicaStats } from "../../actors/protocol.ts";
import type { SupervisorSnapshot } from "../../actors/supervisor.ts";
import { type BuiltinModel, listBuiltinModels } from "../../models/builtin_models.ts";
import type { Port } from "../../models/graph_info.ts";
import { type Examination, examineModel } from "../../models/manifest.ts";
import type { Weir } from "../app.ts";
import { called, type DeclaredModel } from "../model_pool.ts";

/** What the configuration says of models. */
export interface ModelsConfig {
  models: readonly DeclaredModel[];
  inference: { defaultModel?: string };
}

const SHOWN_LABELS = 20;

/** The models of a server: declared in its configuration, used by its streams, or built in. */
export class ServerModels implements ModelService {
  #defaultModel: string | undefined;
  #builtIns = new Map<string, Promise<Examination>>();

  /** Of models that cannot be loaded `onFault` tells whoever runs the server. */
  constructor(private readonly weir: Weir, private readonly onFault: (message: string) => void) {}

  /** Keeps loaded what the configuration says, the default model included. Models that cannot be loaded say so. */
  async declare({ models, inference: { defaultModel } }: ModelsConfig): Promise<void> {
    this.#defaultModel = defaultModel;
    const named = defaultModel === undefined || models.some((declared) => isCalled(declared, defaultModel));
    await this.weir.declareModels(named ? models : [...models, { model: defaultModel }]);
    for (const { declared, name, fault } of this.weir.declarations) {
      if (fault === undefined) continue;
      const stays = name === undefined ? "" : "; what was loaded before stays";
      this.onFault(`${called(declared)} cannot be loaded: ${redactUrls(fault)}${stays}`);
    }
  }

  /** The name of the model that is meant where none is named. */
  get defaultModel(): string | undefined {
    const wanted = this.#defaultModel;
    if (wanted === undefined) return undefined;
    return this.weir.declarations.find(({ declared }) => isCalled(declared, wanted))?.name ?? wanted;
  }

  /** Why declared models are not there. One that still runs as it was before the configuration changed is there. */
  get missing(): string[] {
    return this.weir.declarations.flatMap(({ declared, name, fault }) =>
      fault === undefined || name !== undefined ? [] : [`${called(declared)} cannot be loaded: ${redactUrls(fault)}`]
    );
  }

  async list(): Promise<ModelView[]> {
    const { weir } = this;
    const depths = await weir.queueDepths().catch(() => undefined);
    const known = await listBuiltinModels();
    const digests = new Set(known.map(({ sha256 }) => sha256));
    const loaded = await Promise.all(weir.models().map((model) => this.#loaded(model, { depths, digests })));
    const names = new Set(loaded.map(({ name }) => name));
    const failed = weir.declarations.filter(({ name, declared }) => name === undefined && !names.has(called(declared)));
    const missing = failed.map(({ declared, fault }) => this.#missing(called(declared), fault));
    for (const { name } of missing) names.add(name);
    const builtIns = known.filter(({ name }) => !names.has(name));
    return [...loaded, ...missing, ...await Promise.all(builtIns.map((model) => this.#builtIn(model)))];
  }

  async get(name: string): Promise<ModelView> {
    const all = await this.list();
    const found = all.find((model) => model.name === name);
    if (found) return found;
    throw new ServiceError("not_found", `There is no model called ${name}; there are: ${namesOf(all)}`);
  }

  /** The loaded models in figures, for the metrics. */
  async readings() {
    const { weir } = this;
    // While the dispatcher is being replaced nobody knows, and nothing waits for long.
    const depths = await weir.queueDepths().catch(() => undefined);
    return await Promise.all(
      weir.models().map(async ({ setup: { key, spec: { name } }, supervision }) => {
        const { runs, frames, failures } = sums(await weir.modelStats(name));
        const replicas = byState(supervision);
        return { model: name, replicas, ...(depths && { queueDepth: depths[key] ?? 0 }), runs, frames, failures };
      }),
    );
  }

  async #loaded(
    { setup, settings, graph, why, users, declared, supervision }: ReturnType<Weir["models"]>[number],
    { depths, digests }: { depths: Record<string, number> | undefined; digests: ReadonlySet<string> },
  ): Promise<ModelView> {
    const { key, spec: { name }, maxBatch, maxDelayMs } = setup;
    const stats = await this.weir.modelStats(name).catch((): ReplicaStats[] => []);
    const { runs, frames, failures } = sums(stats);
    const fault = this.weir.declarations.find((declaration) => declaration.name === name)?.fault;
    const cause = causeOf(supervision) ?? (fault === undefined ? undefined : `It stays as it was: ${fault}`);
    return {
      name,
      state: stateOf(supervision),
      ...(cause !== undefined && { cause: redactUrls(cause) }),
      declared,
      default: name === this.defaultModel,
      builtIn: digests.has(setup.spec.sha256),
      // What is not a stream of somebody's is nobody's business.
      users: users.filter((user) => !user.startsWith("~")),
      ...about({ graph, why, spec: setup.spec }),
      device: settings.device,
      ...(stats.length > 0 && { provider: stats[0].provider }),
      threads: settings.threads,
      maxBatch,
      maxDelayMs,
      replicas: byState(supervision),
      runs,
      frames,
      failures,
      ...(depths && { queueDepth: depths[key] ?? 0 }),
      ...(runs > 0 && { meanBatch: Math.round(100 * frames / runs) / 100 }),
      inferMs: distributionOf(Float64Array.from(stats.flatMap(({ recentMs }) => [...recentMs])), runs),
    };
  }

  #missing(name: string, fault: string | undefined): ModelView {
    return {
      name,
      state: "failed",
      ...(fault !== undefined && { cause: redactUrls(fault) }),
      declared: true,
      default: name === this.defaultModel,
      builtIn: false,
      users: [],
    };
  }

  async #builtIn({ name }: BuiltinModel): Promise<ModelView> {
    let examined = this.#builtIns.get(name);
    if (!examined) this.#builtIns.set(name, examined = examineModel(name));
    return {
      name,
      state: "unloaded",
      declared: false,
      default: name === this.defaultModel,
      builtIn: true,
      users: [],
      ...about(await examined),
    };
  }
}

/** Names in words, for who has to choose one. */
export function namesOf(models: readonly { name: string }[]): string {
  return models.map(({ name }) => name).join(", ") || "none";
}

function isCalled(declared: DeclaredModel, name: string): boolean {
  return called(declared) === name || declared.model === name;
}

function about({ spec, graph, why }: Pick<Examination, "spec" | "graph" | "why">) {
  const { task, adapter, file, sha256, licence, version, input, labels, minScore, iou, maxDetections } = spec;
  return {
    task,
    adapter,
    why,
    file: basename(file),
    bytes: graph.sizeBytes,
    sha256,
    ...(licence !== undefined && { licence }),
    ...(version !== undefined && { version }),
    input,
    inputs: graph.inputs.map(portOf),
    outputs: graph.outputs.map(portOf),
    labels: { count: labels.length, first: labels.slice(0, SHOWN_LABELS) },
    minScore,
    iou,
    maxDetections,
  };
}

function portOf({ name, kind, type, dims }: Port): ModelPort {
  return { name, type: kind === "tensor" ? type : kind, ...(dims && { shape: dims }) };
}

function sums(stats: readonly ReplicaStats[]): { runs: number; frames: number; failures: number } {
  const sum = (key: "runs" | "frames" | "failures") => stats.reduce((total, replica) => total + replica[key], 0);
  return { runs: sum("runs"), frames: sum("frames"), failures: sum("failures") };
}

function byState({ children }: SupervisorSnapshot): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of children) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

function stateOf({ state, children }: SupervisorSnapshot): ModelState {
  if (state === "failed" || children.every((child) => child.state === "failed")) return "failed";
  if (children.every((child) => child.state === "running")) return "ready";
  return children.some((child) => child.state === "running" || child.restarts > 0) && state !== "starting"
    ? "failing"
    : "loading";
}

function causeOf({ cause, children }: SupervisorSnapshot): string | undefined {
  return cause?.message ?? children.find((child) => child.cause)?.cause?.message;
}

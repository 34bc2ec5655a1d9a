import { join, resolve } from "node:path";
import type { ConnectionFigures } from "../core/connections.ts";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import type { UploadKeys } from "../capture/uploader.ts";
import type { Config } from "../../config/load.ts";
import { restartNeeded } from "../../config/restart_needed.ts";
import type { Hub } from "../hub/hub.ts";
import type { Store } from "../store/store.ts";
import type { Log } from "../telemetry/log.ts";
import { PerformanceReport } from "../telemetry/performance_report.ts";
import { type TracedRequest, Tracing } from "../telemetry/tracing.ts";
import { WeirMetrics } from "../telemetry/weir_metrics.ts";
import { sinks } from "../sinks/registry.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import { SourceRules } from "../../streams/sources/source_rules.ts";
import type { Weir } from "../app.ts";
import { Captures } from "./captures.ts";
import { Ingest } from "./ingest.ts";
import { Media } from "./media.ts";
import { PageStreams } from "./page_streams.ts";
import { ModelDownloads } from "./model_downloads.ts";
import { type ModelsConfig, ServerModels } from "./models.ts";
import { Pictures } from "./pictures.ts";
import { KeptPredictions, PREDICT_ALBUM } from "./kept_predictions.ts";
import { Predict } from "./predict.ts";
import { isProbe, Probes } from "./probes.ts";
import type { ServerOptions } from "./server.ts";
import { StreamMemories } from "./stream_memories.ts";
import { StreamSinks } from "./stream_sinks.ts";
import { ServerRegistry } from "./server_registry.ts";
import { Signals } from "./signals.ts";
import { ServerStreams } from "./streams.ts";
import { ServerSystem } from "./system.ts";
import { Uploads } from "./uploads.ts";

/** What the services are made of. */
export interface ServicesOptions extends ServerOptions {
  weir: Weir;
  store: Store;
  hub: Hub;
  registry: RegistryStore;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

/** Everything that the routes stand on, made in the order in which one needs another. */
export class Services implements AsyncDisposable {
  readonly models: ServerModels;
  readonly registry: ServerRegistry;
  readonly predict: KeptPredictions;
  readonly signals: Signals;
  readonly streams: ServerStreams;
  readonly sinks: StreamSinks;
  readonly captures: Captures;
  readonly memories: StreamMemories;
  readonly pictures: Pictures;
  readonly ingest: Ingest;
  readonly probes: Probes;
  readonly media: Media;
  readonly uploads: Uploads;
  readonly system: ServerSystem;
  readonly metrics: WeirMetrics;
  /** HTTP requests under way. */
  active = 0;
  /** What the listener tells of its connections, once there is one. */
  connections: (() => ConnectionFigures) | undefined;
  /** Keys of the configuration that were changed and count from the next start on. */
  restartNeeded: readonly string[] = [];
  #reports: PerformanceReport;
  #tracing: Tracing;
  #downloads: ModelDownloads;
  #images: Predict;
  #pages: PageStreams;
  #subscriptions;
  #restoring = true;
  #startedAtMs = Date.now();

  constructor(readonly options: ServicesOptions) {
    const { weir, store, hub, config, version, log } = options;
    const uploads = resolve(config.uploads.directory ?? join(config.sources.mediaRoot ?? options.dataDir, "uploads"));
    const sourceRules = { ...config.sources, uploads };
    const rules = new SourceRules(sourceRules);
    const checkSource = (source: StreamRegistration["source"]) => rules.check(source);
    const { registry } = options;
    const onFault = (fault: string) => log.error(fault);
    this.#downloads = new ModelDownloads();
    this.models = new ServerModels({ weir, registry, downloads: this.#downloads, onFault });
    this.registry = new ServerRegistry({
      weir,
      models: this.models,
      registry,
      downloads: this.#downloads,
      zoo: config.zoo,
      // Behind a proxy it is the proxy that looks names up, and that is asked for everything.
      checkAddress: async ({ hostname, protocol }) => {
        if (!behindProxy(protocol)) await rules.address(hostname);
      },
      onFault,
    });
    const images = new Predict({
      weir,
      models: this.models,
      limits: config.limits,
      offer: config.predict,
    });
    this.#images = images;
    this.sinks = new StreamSinks({
      directory: join(options.dataDir, "sinks"),
      address: (host) => rules.address(host),
    });
    this.captures = new Captures({
      weir,
      directory: join(options.dataDir, "captures"),
      address: (host) => rules.address(host),
      keys: uploadKeys(config.capture),
      onFault: (error) => log.error(`Cannot keep captures: ${error instanceof Error ? error.message : String(error)}`),
    });
    const { captures } = this;
    this.predict = new KeptPredictions({ predict: images, captures, weir, rules: config.capture.predict });
    this.signals = new Signals({
      ask: (question, asked) => weir.signal(question, asked),
      limits: config.limits,
      onOutcome: (outcome) => this.metrics.signal(outcome),
    });
    this.memories = new StreamMemories({
      weir,
      directory: join(options.dataDir, "memories"),
      onFault: (error) => log.error(`Cannot remember: ${error instanceof Error ? error.message : String(error)}`),
    });
    const guarded = { checkSource, sourceRules };
    const limit = config.limits.streams;
    this.streams = new ServerStreams({
      weir,
      store,
      ...guarded,
      sinks: this.sinks,
      captures: this.captures,
      memories: this.memories,
      limit,
      onFault,
      onRemoved: (registration) => this.#pages.removed(registration),
    });
    this.pictures = new Pictures(weir, this.streams);
    this.ingest = new Ingest(weir);
    this.media = new Media({ mediaRoot: config.sources.mediaRoot });
    this.probes = new Probes({
      weir,
      ...guarded,
      picture: (id, request, signal) => this.pictures.picture(id, request, signal),
    });
    this.uploads = new Uploads({
      directory: uploads,
      limits: config.uploads,
      probes: this.probes,
      streams: this.streams,
      onFault: (fault) => log.error(fault),
    });
    this.#pages = new PageStreams({
      streams: this.streams,
      uploads: this.uploads,
      readers: (id) => hub.readers(id),
      unreadMs: config.uploads.unreadMinutes * 60_000,
      onFault,
    });
    this.system = new ServerSystem({
      weir,
      version,
      dataDir: options.dataDir,
      sinks,
      startedAtMs: this.#startedAtMs,
      restartNeeded: () => this.restartNeeded,
      notReady: () => [
        ...this.#restoring ? ["models and threads are still being started"] : [],
        ...this.models.missing,
      ],
    });
    this.metrics = new WeirMetrics({
      build: { version, deno: Deno.version.deno, target: Deno.build.target },
      sources: {
        streams: () => this.streams.list(),
        models: () => this.models.readings(),
        hub: () => hub.stats(),
        activeRequests: () => this.active,
        connections: () => this.connections?.(),
        images: () => weir.images.figures,
        predict: () => images.figures,
      },
    });
    const { reportSeconds, traceRate } = config.telemetry;
    this.#reports = new PerformanceReport({
      log,
      streams: () => this.streams.list(),
      everyMs: reportSeconds * 1000,
    });
    this.#tracing = new Tracing({ version, ...(traceRate !== undefined && { rate: traceRate }) });
    this.#subscriptions = [
      weir.results$.subscribe((result) => {
        if (isProbe(result.stream)) return;
        this.metrics.result(result);
        this.#reports.result(result);
        this.#tracing.traceResult(result);
      }),
      weir.states$.subscribe((event) => {
        if (isProbe(event.stream)) return;
        this.metrics.state(event);
        this.#reports.state(event);
        tell(log, event);
      }),
      weir.alerts$.subscribe((event) => {
        this.metrics.alert(event);
        const { stream, alert, message, seq } = event;
        log.info("Alert", { stream, alert, message, seq });
      }),
    ];
  }

  /** A request's answer has begun. */
  told(request: Parameters<WeirMetrics["request"]>[0] & TracedRequest): void {
    this.metrics.request(request);
    this.#tracing.traceRequest(request);
  }

  /** Brings back the streams that were registered before, and the models and streams of the configuration file. */
  async restore(config: ModelsConfig & { streams: readonly StreamRegistration[] }): Promise<void> {
    const { promise: warm, resolve } = Promise.withResolvers<void>();
    const back = async () => {
      await Promise.all([this.captures.restore(), this.memories.restore()]);
      await this.captures.follow(PREDICT_ALBUM, this.options.config.capture.predict);
      await this.streams.restore(config.streams, resolve);
    };
    const streams = back();
    const ready = Promise.all([this.models.declare(config), Promise.race([warm, streams])]).then(() => {
      this.#restoring = false;
    });
    await Promise.all([ready, streams]);
  }

  /** Takes over what of a changed configuration can be while the server runs; what did not change is not touched. */
  async follow(config: Config): Promise<void> {
    const { predict: rules } = config.capture;
    this.restartNeeded = restartNeeded(this.options.config, config);
    this.options.log.level = config.telemetry.level;
    await this.models.declare(config);
    this.#images.follow(config.predict);
    await this.captures.follow(PREDICT_ALBUM, rules);
    this.predict.follow(rules);
    await this.streams.declare(config.streams);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#reports[Symbol.dispose]();
    await this.#pages[Symbol.asyncDispose]();
    await this.uploads[Symbol.asyncDispose]();
    this.streams[Symbol.dispose]();
    await this.sinks[Symbol.asyncDispose]();
    await this.captures[Symbol.asyncDispose]();
    await this.memories[Symbol.asyncDispose]();
    await this.#downloads[Symbol.asyncDispose]();
    await this.registry[Symbol.asyncDispose]();
    await this.metrics[Symbol.asyncDispose]();
  }
}

/** The keys of stores that get copies: this server's own, else those of the environment. */
function uploadKeys({ accessKeyId, secretAccessKey, sessionToken }: Config["capture"]): UploadKeys | undefined {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey, sessionToken };
  const [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((name) => Deno.env.get(name));
  const token = Deno.env.get("AWS_SESSION_TOKEN");
  return id && secret ? { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) } : undefined;
}

/** A stream's changes of state, for whoever reads the log. */
function tell(log: Log, { stream, state, previous, cause, restarts }: StateEvent): void {
  const bad = state === "failed" || state === "backoff" || state === "stalled";
  const fields = { stream, ...(cause && { code: cause.code, cause: cause.message }), restarts };
  if (bad) log.warn(`Stream ${state}`, fields);
  else if (state === "running" && previous !== "paused") log.info("Stream running", fields);
  else log.debug(`Stream ${state}`, fields);
}

function behindProxy(protocol: string): boolean {
  const name = `${protocol.replace(":", "")}_proxy`;
  return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
}

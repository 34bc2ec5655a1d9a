import { join } from "node:path";
import type { Route } from "../api/route.ts";
import { Listener, type ListenerOptions } from "../api/http/listener.ts";
import { Proxies } from "../api/security/proxies.ts";
import { createApi } from "../api/server.ts";
import type { LogEvent } from "../core/events.ts";
import { Hub } from "../hub/hub.ts";
import { RegistryStore } from "../../models/registry_store.ts";
import { DataLock } from "../store/data_lock.ts";
import { Store } from "../store/store.ts";
import type { Log } from "../telemetry/log.ts";
import type { Config } from "../../config/load.ts";
import { Weir } from "../app.ts";
import { serverRoutes } from "./routes.ts";
import { isProbe } from "./probes.ts";
import { Services } from "./services.ts";

/** What a server is started with. */
export interface ServerOptions {
  config: Config;
  /** Where what must last is kept. */
  dataDir: string;
  version: string;
  log: Log;
  /** Files of analyzers that do not come with Weir; they are declared already. */
  plugins?: readonly string[];
  /** A fresh process is due: killed threads have cost too much memory, or nobody can come in any more. */
  onExhausted?(): void;
}

/** The whole service in one process: streams, their results, and the ways to them over HTTP. */
export class WeirServer implements AsyncDisposable {
  /** Settles when the streams that were registered before are back. */
  readonly restored: Promise<void>;
  #stack: AsyncDisposableStack;
  #stopping: AbortController;
  #listener: Listener;
  #drainMs: number;
  #services: Services;
  #stopped: Promise<void> | undefined;

  /** Starts to listen; streams come back right after. */
  static async start(options: ServerOptions): Promise<WeirServer> {
    const { config, dataDir, log } = options;
    await using stack = new AsyncDisposableStack();
    const stopping = new AbortController();
    stack.use(await DataLock.take(dataDir));
    const store = stack.use(Store.open(join(dataDir, "weir.db"), { onFault: (error) => log.error(error.message) }));
    const { keepEvents, keepBytes, queue } = config.events;
    const hub = stack.use(
      new Hub({
        positions: store,
        events: keepEvents,
        bytes: keepBytes,
        queue,
        onFault: (error) => log.error(error instanceof Error ? error.message : String(error)),
      }),
    );
    const registry = new RegistryStore(join(dataDir, "models"));
    const { device, replicas, threads, maxBatch, maxDelayMs } = config.inference;
    const { drainMs } = config.server;
    const { redis, ...sharing } = config.similarity;
    const weir = stack.use(
      await Weir.start({
        plugins: options.plugins,
        device,
        replicas,
        threads,
        maxBatch,
        maxDelayMs,
        drainMs,
        registry,
        ...(redis !== undefined && { sharedAnswers: { url: redis, ...sharing } }),
      }),
    );
    const subscriptions = [
      weir.warnings$.subscribe((message) => {
        log.warn(message);
        if (weir.leaks.exhausted) options.onExhausted?.();
      }),
    ];
    const services = stack.use(new Services({ ...options, weir, store, hub, registry, signal: stopping.signal }));
    const publish = (event: LogEvent) => {
      if (isProbe(event.stream)) return;
      hub.publish(event);
      services.sinks.push(event);
    };
    subscriptions.push(
      weir.results$.subscribe(publish),
      weir.states$.subscribe(publish),
      weir.alerts$.subscribe(publish),
    );
    stack.defer(() => subscriptions.forEach((subscription) => subscription.unsubscribe()));
    const { routes, guard } = serverRoutes(services);
    const api = createApi({
      routes,
      guard,
      signal: stopping.signal,
      bodyBytes: config.limits.bodyBytes,
      bodyWithinMs: config.limits.bodyMs,
      onRequest: (request) => services.told(request),
      onActive: (delta) => services.active += delta,
      onFault: (error, request) =>
        log.error(`${request.method} ${request.path} failed`, {
          request: request.id,
          error: error instanceof Error ? error.stack ?? error.message : String(error),
        }),
    });
    const onFault = (error: unknown) => log.error(error instanceof Error ? error.message : String(error));
    const onDeaf = () => {
      log.error("Nobody can come in any more, and the port cannot be opened anew: a fresh process may");
      options.onExhausted?.();
    };
    const listener = await listen(config, { api, onFault, onDeaf });
    services.connections = () => listener.figures;
    return new WeirServer({ stack: stack.move(), stopping, listener, services, config, routes });
  }

  private constructor(
    parts: {
      stack: AsyncDisposableStack;
      stopping: AbortController;
      listener: Listener;
      services: Services;
      config: Config;
      routes: readonly Route[];
    },
  ) {
    this.routes = parts.routes;
    this.#stack = parts.stack;
    this.#stopping = parts.stopping;
    this.#listener = parts.listener;
    this.#drainMs = parts.config.server.drainMs;
    this.#services = parts.services;
    this.url = parts.listener.url;
    this.restored = parts.services.restore(parts.config);
  }

  /** Where it is found. */
  readonly url: string;
  /** Every way into it. */
  readonly routes: readonly Route[];

  /**
   * Takes over what of a changed configuration can be while the server runs, and answers what of it counts from the next
   * start only. What did not change is not touched.
   */
  async reload(config: Config): Promise<readonly string[]> {
    await this.#services.follow(config);
    return this.#services.restartNeeded;
  }

  /** Tells whoever listens, takes no more requests, lets streams finish, closes everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const closed = this.#listener.close(this.#drainMs);
    await this.restored.catch(() => {});
    await this.#stack.disposeAsync();
    await closed;
  }
}

/** Opens the port; what keeps it from that is told in words that help. */
async function listen(
  { server, limits }: Config,
  handlers: Pick<ListenerOptions, "api" | "onFault" | "onDeaf">,
): Promise<Listener> {
  const { host, port, tls } = server;
  const proxies = new Proxies(server.proxies);
  const isMany = (address: string) => proxies.has(address);
  const files = tls && { cert: await Deno.readTextFile(tls.cert), key: await Deno.readTextFile(tls.key) };
  try {
    return await Listener.start({ ...handlers, hostname: host, port, limits, isMany, ...(files && { tls: files }) });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EADDRINUSE") {
      throw new Error(`Cannot listen on ${host}:${port}: another program does; give another --port`, { cause: error });
    }
    if (code === "EACCES") {
      throw new Error(`Cannot listen on ${host}:${port}: ports below 1024 need a privilege`, { cause: error });
    }
    throw error;
  }
}

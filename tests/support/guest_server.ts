import assert from "node:assert/strict";
import { type ConfigOverrides, loadConfig } from "../../config/load.ts";
import { WeirServer } from "../../src/service/server.ts";
import { freeTcpPort } from "./gate.ts";
import { saidLog } from "./said_log.ts";
import { until } from "./until.ts";

/** Sections of the configuration, as the command line would set them. */
export type GuestServerOptions = ConfigOverrides & { server?: Record<string, unknown> };

const JSON_TYPE = { "content-type": "application/json" };

/** A whole server that can be stopped and started again where it was, for clients that somebody else wrote. */
export class GuestServer implements AsyncDisposable {
  readonly port = freeTcpPort();
  readonly url = `http://127.0.0.1:${this.port}`;
  /** What it complained of. */
  readonly errors: string[] = [];
  #server: WeirServer | undefined;

  private constructor(private readonly dataDir: string, private readonly overrides: GuestServerOptions) {}

  static async start(overrides: GuestServerOptions = {}): Promise<GuestServer> {
    const guest = new GuestServer(await Deno.makeTempDir({ prefix: "weir-guest-" }), overrides);
    await guest.begin();
    return guest;
  }

  /** Every way into it. */
  get routes(): WeirServer["routes"] {
    return this.#server!.routes;
  }

  /** Starts it where it was. */
  async begin(): Promise<void> {
    const { overrides, port, dataDir, errors } = this;
    const config = await loadConfig(undefined, {
      overrides: {
        inference: { device: "cpu", replicas: 1, threads: 1 },
        ...overrides,
        server: { drainMs: 5000, ...overrides.server, port },
      },
    });
    const { log } = saidLog({ level: "error", format: "json" }, errors);
    this.#server = await WeirServer.start({ config, dataDir, version: "0.0.0", log });
    await this.#server.restored;
  }

  /** Stops it in good order. */
  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  /** A request with JSON, answered with JSON. */
  // deno-lint-ignore no-explicit-any -- a test looks into answers of every shape
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<any> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body !== undefined && JSON_TYPE), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Registers a stream, and waits until it runs. */
  async run(registration: { id: string; [key: string]: unknown }, headers?: Record<string, string>): Promise<void> {
    await this.ask("POST", "/api/v1/streams", registration, headers);
    const path = `/api/v1/streams/${registration.id}`;
    const state = async () => (await this.ask("GET", path, undefined, headers)).status?.state;
    await until(async () => await state() === "running", `${registration.id} runs`);
  }

  /** How many requests were answered with a status, as the metrics tell. */
  async answered(status: number, headers: Record<string, string> = {}): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`, { headers })).text();
    const lines = text.matchAll(/^weir_http_requests_total\{.*status="(\d+)".*\} (\d+)$/gm);
    return [...lines].filter(([, of]) => Number(of) === status).reduce((sum, [, , count]) => sum + Number(count), 0);
  }

  /** How many connections it ended for a reason, as the metrics tell. */
  async ended(why: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const count = new RegExp(`^weir_http_connections_ended_total\\{why="${why}"\\} (\\d+)$`, "m").exec(text)?.[1];
    assert.ok(count !== undefined, `${why} is not counted`);
    return Number(count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.dataDir, { recursive: true });
    assert.deepEqual(this.errors, []);
  }
}

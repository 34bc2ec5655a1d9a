import type { Camera } from "./rtsp_connection.ts";
import type { RtspServerOptions, RtspServerStats } from "./rtsp_server.ts";
import type { RtspServerCall } from "./rtsp_server_worker.ts";
import { until } from "./until.ts";

/** An RTSP server in a worker of its own, so that what is tested and what tests it do not wait for each other. */
export class RtspRemote implements AsyncDisposable {
  #worker: Worker;
  #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #id = 0;
  #tls: boolean;
  port = 0;

  private constructor(tls: boolean) {
    this.#tls = tls;
    this.#worker = new Worker(new URL("./rtsp_server_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => {
      const call = this.#pending.get(data.id);
      this.#pending.delete(data.id);
      if (data.error) call?.reject(new Error(data.error));
      else call?.resolve(data.value);
    };
  }

  /** Starts a server; it listens when this returns. */
  static async start(options: RtspServerOptions): Promise<RtspRemote> {
    const remote = new RtspRemote(options.tls ?? false);
    remote.port = await remote.#call("start", options) as number;
    return remote;
  }

  /** The address of a camera. */
  url(path: string, userinfo = ""): string {
    return `rtsp${this.#tls ? "s" : ""}://${userinfo && userinfo + "@"}127.0.0.1:${this.port}/${path}`;
  }

  listen(): Promise<unknown> {
    return this.#call("listen");
  }

  refuse(): Promise<unknown> {
    return this.#call("refuse");
  }

  set(path: string, camera: Camera): Promise<unknown> {
    return this.#call("set", path, camera);
  }

  cut(how: "fin" | "rst" | "teardown", path?: string): Promise<unknown> {
    return this.#call("cut", how, path);
  }

  collect(): Promise<unknown> {
    return this.#call("collect");
  }

  stats(): Promise<RtspServerStats> {
    return this.#call("stats") as Promise<RtspServerStats>;
  }

  /** Waits until nobody is connected any more: the server hears of an end in its own time. */
  async allClosed(): Promise<void> {
    let open = 0;
    const closed = async () => (open = (await this.stats()).openSockets) === 0;
    await until(closed, () => `every connection of the camera is closed; open are ${open}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call("close");
    this.#worker.terminate();
  }

  #call(method: RtspServerCall["method"], ...args: unknown[]): Promise<unknown> {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies RtspServerCall);
    });
  }
}

import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Fault } from "./faults.ts";
import type { Track } from "./rtp_track.ts";
import { selfSignedCertificate } from "./rtsp_certificate.ts";
import { type Camera, RtspConnection } from "./rtsp_connection.ts";
import { collectGarbage } from "./rtsp_process_state.ts";

/** What the server starts with. Plain data: it crosses into a worker as it is. */
export interface RtspServerOptions {
  tracks: Record<string, Track>;
  cameras: Record<string, Camera>;
  /** Speak TLS (RTSPS) with a certificate made for the occasion. */
  tls?: boolean;
  port?: number;
}

/** What the server has seen so far. */
export interface RtspServerStats {
  connections: number;
  openSockets: number;
  requests: Record<string, number>;
  /** Pictures sent, by path. */
  frames: Record<string, number>;
}

/** An RTSP 1.0 server on the loopback that plays real video and misbehaves on command. */
export class RtspServer {
  #tracks: Record<string, Track>;
  #cameras: Map<string, Camera>;
  #certificate?: { key: string; cert: string };
  #server?: Server;
  #port: number;
  #open = new Map<Socket, RtspConnection>();
  #struck = new Map<Fault, number>();
  #stats = { connections: 0, requests: {} as Record<string, number>, frames: {} as Record<string, number> };

  constructor(options: RtspServerOptions) {
    this.#tracks = options.tracks;
    this.#cameras = new Map(Object.entries(options.cameras));
    this.#port = options.port ?? 0;
    if (options.tls) this.#certificate = selfSignedCertificate();
  }

  /** Begins to listen and answers the port; after `refuse`, the same port as before. */
  async listen(): Promise<number> {
    const server = this.#server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
    return this.#port;
  }

  /** Stops listening; what is connected stays so. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // The callback of `close` waits for the last connection, which may be held on purpose.
    server?.close();
    await Promise.resolve();
  }

  /** Puts a camera under a path, or changes the one there; sessions under way follow. */
  set(path: string, camera: Camera): void {
    this.#cameras.set(path, camera);
  }

  /** Ends every connection, or those of one path, now. */
  cut(how: "fin" | "rst" | "teardown", path?: string): void {
    for (const connection of this.#open.values()) {
      if (path === undefined || connection.path === path) connection.end(how);
    }
  }

  /** What it has seen so far. */
  stats(): RtspServerStats {
    return structuredClone({ ...this.#stats, openSockets: this.#open.size });
  }

  /** Collects the garbage of its thread, for tests that measure memory. */
  collect(): void {
    collectGarbage();
  }

  /** Stops listening and ends everything. */
  async close(): Promise<void> {
    await this.refuse();
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #accept(raw: Socket): void {
    raw.setNoDelay(true);
    raw.on("error", () => {});
    const socket = this.#certificate ? new TLSSocket(raw, { isServer: true, ...this.#certificate }) : raw;
    this.#stats.connections++;
    const house = {
      tracks: this.#tracks,
      cameras: this.#cameras,
      struck: this.#struck,
      countRequest: (method: string) => increment(this.#stats.requests, method),
      countFrame: (path: string) => increment(this.#stats.frames, path),
    };
    this.#open.set(socket, new RtspConnection(house, socket, () => raw.resetAndDestroy()));
    raw.once("close", () => this.#open.delete(socket));
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/// <reference lib="deno.worker" />
import { RtspServer, type RtspServerOptions } from "./rtsp_server.ts";

/** What the other side asks: a method of the server, with its arguments. */
export interface RtspServerCall {
  id: number;
  method: "start" | "listen" | "refuse" | "set" | "cut" | "stats" | "collect" | "close";
  // deno-lint-ignore no-explicit-any
  args: any[];
}

let server: RtspServer | undefined;

self.onmessage = async ({ data }: MessageEvent<RtspServerCall>) => {
  try {
    if (data.method === "start") server = new RtspServer(data.args[0] as RtspServerOptions);
    const method = data.method === "start" ? "listen" : data.method;
    // deno-lint-ignore no-explicit-any
    const value = await (server as any)[method](...(method === "listen" ? [] : data.args));
    self.postMessage({ id: data.id, value });
  } catch (error) {
    self.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
};

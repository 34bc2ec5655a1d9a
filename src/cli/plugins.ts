import { resolve } from "node:path";
import { type PluginDeclaration, registerPlugin } from "../analyzers/plugin.ts";
import { UsageError } from "./usage_error.ts";

/** How long a plugin may take to tell what it is. */
const DEADLINE_MS = 20_000;

/**
 * Takes plugins on: they are asked what they are in a thread that may do nothing but read them, and declared in this
 * one, which never runs them. Answers their paths for the threads that will.
 */
export async function declarePlugins(files: readonly string[]): Promise<string[]> {
  const paths = files.map((file) => resolve(file));
  for (const path of paths) {
    try {
      registerPlugin(await declarationOf(path));
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  }
  return paths;
}

async function declarationOf(path: string): Promise<PluginDeclaration> {
  const no = { env: false, ffi: false, import: false, net: false, run: false, sys: false, write: false };
  const options = { type: "module" as const, name: "plugin", deno: { permissions: { read: [path], ...no } } };
  const worker = new Worker(new URL("./plugin_worker.ts", import.meta.url), options);
  const told = Promise.withResolvers<PluginDeclaration>();
  const fail = (reason: string) => told.reject(new Error(`Cannot take ${path} for a plugin: ${reason}`));
  const deadline = setTimeout(() => fail(`it did not say what it is in ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
  worker.onmessage = ({ data }) => "fault" in data ? told.reject(new Error(data.fault)) : told.resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  worker.postMessage(path);
  try {
    return await told.promise;
  } finally {
    clearTimeout(deadline);
    worker.terminate();
  }
}

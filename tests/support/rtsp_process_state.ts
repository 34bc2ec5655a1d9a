import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What this process holds of its machine. */
export interface ProcessState {
  descriptors: number;
  threads: number;
  /** Memory of its own; pages of files come and go as the system likes. */
  privateBytes: number;
}

/** Reads what this process holds; undefined where the system does not tell. */
export function processState(): ProcessState | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const status = Deno.readTextFileSync("/proc/self/status");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].length;
  return { descriptors, threads: field("Threads"), privateBytes: field("RssAnon") * 1024 };
}

/** Collects this thread's garbage now, so that what is measured is what is held. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

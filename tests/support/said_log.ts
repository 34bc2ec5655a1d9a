import { Log, type LogOptions } from "../../src/telemetry/log.ts";

/** A log that keeps what it says in `said`, line by line, instead of showing it. */
export function saidLog(
  options: Pick<LogOptions, "level" | "format">,
  said: string[] = [],
): { log: Log; said: string[] } {
  const output = {
    isTerminal: () => false,
    write: (bytes: Uint8Array) => {
      said.push(...new TextDecoder().decode(bytes).split("\n").filter((line) => line !== ""));
      return Promise.resolve(bytes.length);
    },
  };
  return { log: new Log({ ...options, output }), said };
}

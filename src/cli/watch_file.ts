import { unwatchFile, watchFile as watchStat } from "node:fs";

const POLL_MS = 1000;

/**
 * Calls back when a file has changed, and on SIGHUP. It is looked at by its path, so it may be replaced, mounted or a
 * link to elsewhere. One call at a time; changes meanwhile lead to one more.
 */
export function watchFile(path: string, onChange: () => Promise<void>): Disposable {
  let running = false;
  let again = false;
  const changed = async () => {
    if (running) return void (again = true);
    running = true;
    do {
      again = false;
      await onChange();
    } while (again);
    running = false;
  };
  const look = (now: { mtimeMs: number; size: number }, before: { mtimeMs: number; size: number }) => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size) void changed();
  };
  const hangUp = () => void changed();
  watchStat(path, { interval: POLL_MS, persistent: false }, look);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", hangUp);
  return {
    [Symbol.dispose]() {
      unwatchFile(path, look);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", hangUp);
    },
  };
}

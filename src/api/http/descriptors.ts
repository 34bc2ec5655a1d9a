/** A part of what the process may hold open, for all the rest of it: cameras, files, threads. */
const SHARE = 3 / 4;

/**
 * How many connections the system has descriptors for; Infinity where it does not tell. The runtime stops to listen,
 * without a word, when it has none left for one more.
 */
export function connectionsBySystem(): number {
  try {
    const files = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[1];
    return files === undefined ? Infinity : Math.floor(Number(files) * SHARE);
  } catch {
    return Infinity;
  }
}

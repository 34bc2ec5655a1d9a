import { withCLibrary } from "../../core/c_library.ts";

/** A part of what the process may hold open, for all the rest of it: cameras, files, threads. */
const SHARE = 3 / 4;
/** What Linux calls the number of descriptors, for `getrlimit`. */
const RLIMIT_NOFILE = 7;

/**
 * How many connections the system has descriptors for; Infinity where it does not tell. The runtime stops to listen,
 * without a word, when it has none left for one more.
 */
export function connectionsBySystem(): number {
  const most = descriptorsMost();
  return most === undefined ? Infinity : Math.floor(most * SHARE);
}

/** The system itself is asked: reading /proc wants every permission, and the server has few. */
function descriptorsMost(): number | undefined {
  return withCLibrary({ getrlimit: { parameters: ["i32", "buffer"], result: "i32" } }, ({ getrlimit }) => {
    // The limit that holds, and the one that it may be raised to; the runtime raises it when it starts.
    const limits = new BigUint64Array(2);
    return getrlimit(RLIMIT_NOFILE, limits) === 0 ? Number(limits[0]) : undefined;
  });
}

import { withCLibrary } from "../src/core/c_library.ts";

/** `sched_setattr` and `sched_getattr` by processor: few C libraries have a function for them. */
const CALLS: Partial<Record<typeof Deno.build.arch, { set: bigint; get: bigint }>> = {
  x86_64: { set: 314n, get: 315n },
  aarch64: { set: 274n, get: 275n },
};
const SYSCALL = { syscall: { parameters: ["i64", "i64", "buffer", "i64", "i64"], result: "i64" } } as const;
const THIS_THREAD = 0n;
/** `struct sched_attr` in its first form, and where in it the length of a turn stands. */
const ATTRIBUTES_BYTES = 48;
const RUNTIME_BYTE = 24;
/** The shortest turn that Linux takes. */
const PROMPT_NS = 100_000n;
/** The system's own choice. */
const USUAL_NS = 0n;

/**
 * Asks the system to run this thread as soon as it has something to do, in short turns instead of long ones: a thread
 * that passes frames on would otherwise wait behind a network's run on the same core until the clock ticks, some
 * milliseconds. It gets no more time than before. Linux knows this since 6.12; elsewhere nothing changes.
 */
export function promptThread(): void {
  turnNs(PROMPT_NS);
}

/** The usual turns again, for a thread that computes for long: it has its turns from the thread that began it. */
export function patientThread(): void {
  turnNs(USUAL_NS);
}

/**
 * How long this thread's turns are, nanoseconds, before they are set to `newNs`; undefined where the system tells nothing
 * or this process may not ask. What is refused costs nothing but the promptness.
 */
export function turnNs(newNs?: bigint): bigint | undefined {
  const calls = CALLS[Deno.build.arch];
  if (!calls) return undefined;
  return withCLibrary(SYSCALL, ({ syscall }) => {
    const bytes = new Uint8Array(ATTRIBUTES_BYTES);
    if (syscall(calls.get, THIS_THREAD, bytes, BigInt(ATTRIBUTES_BYTES), 0n) !== 0n) return undefined;
    const attributes = new DataView(bytes.buffer);
    const ns = attributes.getBigUint64(RUNTIME_BYTE, true);
    if (newNs !== undefined) {
      attributes.setBigUint64(RUNTIME_BYTE, newNs, true);
      syscall(calls.set, THIS_THREAD, bytes, 0n, 0n);
    }
    return ns === 0n ? undefined : ns;
  });
}

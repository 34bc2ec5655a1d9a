/** What a program that runs under the parent says by its exit code; every other code, or a signal, is a crash. */
export const EXIT = {
  /** It did what it was to do, or was asked to stop. */
  done: 0,
  /** It cannot be carried out as typed or configured; trying again changes nothing. */
  usage: 2,
  /** All is well, but it wants a fresh process: native code has leaked past its bound. */
  restart: 75,
} as const;

/**
 * How glibc is to keep memory. By default every thread has an arena of its own, and once a picture has been let go,
 * others of its size come out of an arena, too, between small things that live long: a server with one stream then holds
 * some 60 MB that nobody uses. Two arenas do, and pictures go back to the system.
 */
const SETTINGS = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: `${2 ** 20}` } as const;

/** What is added to a server's environment for the sake of its memory: nothing that is there already. */
export function allocatorSettings(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => !Object.hasOwn(env, name)));
}

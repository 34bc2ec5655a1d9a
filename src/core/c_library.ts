/**
 * Calls functions of Linux' C library; undefined on other systems, with another library, and without the permission to
 * call it.
 */
export function withCLibrary<S extends Deno.ForeignLibraryInterface, T>(
  functions: S,
  use: (library: Deno.DynamicLibrary<S>["symbols"]) => T,
): T | undefined {
  if (Deno.build.os !== "linux") return undefined;
  let library: Deno.DynamicLibrary<S> | undefined;
  try {
    library = Deno.dlopen("libc.so.6", functions);
    return use(library.symbols);
  } catch {
    return undefined;
  } finally {
    library?.close();
  }
}

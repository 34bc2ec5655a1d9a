/** One press of Ctrl-C may arrive several times: from the terminal, and passed on by npx and deno task. */
const ECHO_MS = 500;

/**
 * Hears Ctrl-C and the service manager's wish to stop: the first calls `onFirst`, the second ends the process at once.
 * Dispose gives the signals back.
 */
export function onInterrupt(onFirst: () => void): Disposable {
  let firstAtMs: number | undefined;
  const listener = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      onFirst();
    } else if (performance.now() - firstAtMs > ECHO_MS) Deno.exit(130);
  };
  // Windows has no SIGTERM to listen to.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}

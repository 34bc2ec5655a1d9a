import type { Metrics } from "./metrics.ts";

const EVERY_MS = 100;
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** How late a timer of the main thread fires: everything that it does waits that long. Does not keep the process alive. */
export function eventLoopDelay(metrics: Metrics): Disposable {
  const delays = metrics.histogram({
    name: "weir_event_loop_delay_seconds",
    help: "How late timers of the main thread fire.",
    bounds: BOUNDS,
  }).at({});
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(0, now - due) / 1000);
    due = now + EVERY_MS;
  }, EVERY_MS);
  Deno.unrefTimer(timer);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import type { PictureRequest, ProbeResult, ProbeService } from "../core/services.ts";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import type { StreamExtras } from "../../actors/protocol.ts";
import type { Weir } from "../app.ts";

/** What probing stands on. */
export interface ProbesOptions {
  weir: Weir;
  /** Throws a `ServiceError` for a source that this server's rules do not let in. */
  checkSource(source: StreamRegistration["source"]): Promise<void>;
  /** The same rules, for the sources themselves to keep at every connection. */
  sourceRules?: StreamExtras["sourceRules"];
  /** One picture of a stream of Weir's. */
  picture(id: string, request: PictureRequest, signal: AbortSignal): Promise<{ jpeg: Uint8Array }>;
}

/** Names of streams that only probe; no registration can be called so. */
const PREFIX = "~probe-";
const PROBE_MS = 20_000;
const PICTURE: PictureRequest = { overlay: false, width: 960, quality: 80 };

/** Whether a stream is a probe, of which nobody but its asker is to hear. */
export function isProbe(stream: string): boolean {
  return stream.startsWith(PREFIX);
}

/** Tries sources as streams that nobody else sees: the same code, threads and timeouts as the real thing. */
export class Probes implements ProbeService {
  #made = 0;

  constructor(private readonly options: ProbesOptions) {}

  async probe(source: StreamRegistration["source"], signal: AbortSignal): Promise<ProbeResult> {
    const { weir, checkSource, sourceRules, picture } = this.options;
    await checkSource(source);
    const began = nowMs();
    const took = () => Math.round(nowMs() - began);
    const id = `${PREFIX}${++this.#made}`;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
    const outcome = settled(weir, id, limit);
    try {
      const policy = { mode: "latest" as const, weight: 1, capacity: 1, restarts: { count: 0, withinMs: 1000 } };
      await weir.add({ id, source, pipeline: [], policy, labels: {} }, { sourceRules });
      const event = await outcome;
      if (event.state !== "running") {
        const cause = event.cause ?? { code: "ended", message: "It ended before the first picture" };
        return { ok: false, cause: { ...cause, message: redactUrls(cause.message) }, tookMs: took() };
      }
      const first = await picture(id, PICTURE, limit).catch(() => undefined);
      const { properties } = await weir.status(id);
      if (!properties) return { ok: false, cause: { code: "ended", message: "It was gone at once" }, tookMs: took() };
      return { ok: true, properties, tookMs: took(), ...(first && { picture: first.jpeg }) };
    } catch (error) {
      const message = redactUrls(error instanceof Error ? error.message : String(error));
      return { ok: false, cause: { code: limit.aborted ? "timeout" : "failed", message }, tookMs: took() };
    } finally {
      await weir.remove(id).catch(() => {});
    }
  }
}

/** The first state that says whether there are pictures. */
function settled(weir: Weir, id: string, signal: AbortSignal): Promise<StateEvent> {
  const { promise, resolve, reject } = Promise.withResolvers<StateEvent>();
  const subscription = weir.states$.subscribe((event) => {
    if (event.stream === id && ["running", "failed", "stopped", "backoff"].includes(event.state)) resolve(event);
  });
  const abort = () => reject(new Error(`No picture came within ${PROBE_MS / 1000} s`));
  signal.addEventListener("abort", abort, { once: true });
  // Whoever waits for it may have gone before.
  promise.catch(() => {}).finally(() => {
    subscription.unsubscribe();
    signal.removeEventListener("abort", abort);
  });
  return promise;
}

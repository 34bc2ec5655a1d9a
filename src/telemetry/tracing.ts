import { type Context, context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { redactUrls } from "../core/redact.ts";
import { nowMs } from "../core/clock.ts";
import type { ResultEnvelope, Timings } from "../core/results.ts";

/** What is traced. */
export interface TracingOptions {
  version: string;
  /** Share of the results that become traces. Default one in a hundred where Deno exports traces, else none. */
  rate?: number;
  /** Whether Deno exports traces; by default what `OTEL_DENO` says. */
  exported?: boolean;
  /** From 0 to 1, for sampling. */
  random?: () => number;
  /** On the clock of `nowMs()`. */
  now?: () => number;
}

/** A request as its span tells it. */
export interface TracedRequest {
  method: string;
  /** The route's path with its parameters in braces. */
  route: string;
}

const DEFAULT_RATE = 0.01;
/** From the end of a result's way to its beginning. */
const BACKWARDS: readonly [keyof Timings, string][] = [
  ["postMs", "post"],
  ["inferMs", "infer"],
  ["prepareMs", "prepare"],
  ["queueMs", "queue"],
  ["decodeMs", "decode"],
];

/**
 * Results and requests as OpenTelemetry spans. Deno exports them itself when it runs with `OTEL_DENO=true`
 * (`OTEL_EXPORTER_OTLP_ENDPOINT` says where to); otherwise nothing is made and nothing is spent.
 */
export class Tracing {
  #tracer: Tracer;
  #rate: number;
  #exported: boolean;
  #random: () => number;
  #now: () => number;

  constructor({ version, rate, exported = exportsTraces(), random = Math.random, now = nowMs }: TracingOptions) {
    this.#tracer = trace.getTracer("weir", version);
    this.#exported = exported;
    this.#rate = exported ? rate ?? DEFAULT_RATE : 0;
    this.#random = random;
    this.#now = now;
  }

  /**
   * Makes a trace of a result that was just published, if its turn has come: a span from the frame's arrival to now, and
   * one for each stage. What lies between arrival and decoding was spent waiting.
   */
  traceResult({ stream, epoch, seq, pts, ageMs, timings, outputs }: ResultEnvelope): void {
    if (this.#rate === 0 || ageMs === undefined || this.#random() >= this.#rate) return;
    const endMs = this.#now();
    const startMs = endMs - ageMs;
    const span = this.#tracer.startSpan("result", {
      root: true,
      startTime: startMs,
      attributes: {
        "weir.stream": stream,
        "weir.epoch": epoch,
        "weir.seq": seq,
        "weir.pts_seconds": pts,
        "weir.models": modelsOf(outputs),
      },
    });
    if (timings) this.#stages(trace.setSpan(context.active(), span), timings, { startMs, endMs });
    span.end(endMs);
  }

  /**
   * Does the work of a request within its span. Where Deno has one for it already, that one is given the route; what the
   * client sent as its trace is its parent then. To be called first thing in a handler: after a `fetch` Deno still takes
   * that one's span for the active one.
   */
  async traceRequest<T>({ method, route }: TracedRequest, work: () => T | Promise<T>): Promise<T> {
    if (!this.#exported) return await work();
    const active = trace.getActiveSpan();
    if (active?.isRecording()) {
      active.updateName(`${method} ${route}`);
      active.setAttribute("http.route", route);
      return await this.#watched(active, work);
    }
    const attributes = { "http.request.method": method, "http.route": route };
    return await this.#tracer.startActiveSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, attributes },
      async (span) => {
        try {
          const answer = await this.#watched(span, work);
          if (answer instanceof Response) {
            span.setAttribute("http.response.status_code", answer.status);
            if (answer.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          }
          return answer;
        } finally {
          span.end();
        }
      },
    );
  }

  #stages(parent: Context, timings: Timings, { startMs, endMs }: { startMs: number; endMs: number }): void {
    let untilMs = endMs;
    for (const [key, name] of BACKWARDS) {
      // Rounding must not put a stage before the arrival.
      const fromMs = Math.max(startMs, untilMs - timings[key]);
      if (timings[key] > 0) this.#tracer.startSpan(name, { startTime: fromMs }, parent).end(untilMs);
      untilMs = fromMs;
    }
  }

  async #watched<T>(span: Span, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const message = redactUrls(error instanceof Error ? error.message : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    }
  }
}

/** Whether Deno was told to export, and traces among it. */
function exportsTraces(): boolean {
  try {
    const { OTEL_DENO = "", OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = Deno.env.toObject();
    return /^(?:true|1)$/i.test(OTEL_DENO) && !/^true$/i.test(OTEL_SDK_DISABLED ?? "") &&
      OTEL_TRACES_EXPORTER !== "none";
  } catch {
    return false;
  }
}

function modelsOf(outputs: ResultEnvelope["outputs"]): string[] {
  return Object.values(outputs).flatMap(({ model }) => typeof model === "string" ? [model] : []);
}

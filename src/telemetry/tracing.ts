import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
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
  status: number;
  /** Until its answer began. */
  seconds: number;
  /** The trace that the client has it belong to, as W3C writes it. */
  traceparent?: string;
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
   * Makes a span of a request whose answer has begun, in the trace that its client names. Deno makes one of its own, which
   * knows the address and no route, and cannot be reached from here.
   */
  traceRequest({ method, route, status, seconds, traceparent }: TracedRequest): void {
    if (!this.#exported) return;
    const endMs = this.#now();
    const attributes = { "http.request.method": method, "http.route": route, "http.response.status_code": status };
    const startTime = endMs - seconds * 1000;
    const parent = parentOf(traceparent);
    const span = this.#tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, startTime, attributes }, parent);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endMs);
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
}

/** The trace that a client's header names, if it can be read. */
function parentOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? "") ?? [];
  if (traceId === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
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

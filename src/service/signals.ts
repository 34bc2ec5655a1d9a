import { ActorError } from "../../actors/actor_error.ts";
import type { SignalAnswer, SignalQuestion } from "../../actors/signals.ts";
import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { SignalOutcome, SignalPrediction, SignalRequest, SignalService } from "../core/signals.ts";
import { rounded } from "../core/tidy.ts";

/** What reading signals stands on. */
export interface SignalsOptions {
  /** Asks a thread of streams. */
  ask(question: SignalQuestion, options: { timeoutMs: number; signal: AbortSignal }): Promise<SignalAnswer>;
  limits: { predictMs: number };
  /** Told of every signal. */
  onOutcome(outcome: SignalOutcome): void;
}

const NETWORK = "weir-pulse";

/** Colours over time that somebody sends, and what they say of his heart. */
export class Signals implements SignalService {
  constructor(private readonly options: SignalsOptions) {}

  async run(read: () => SignalRequest, signal: AbortSignal): Promise<SignalPrediction> {
    const { onOutcome } = this.options;
    const beganMs = nowMs();
    const seconds = () => (nowMs() - beganMs) / 1000;
    try {
      const { minConfidence, ...question } = read();
      const answer = await this.#ask(question, signal);
      if ("refused" in answer) throw invalid(answer.refused);
      const told = answer.bpm !== undefined && answer.confidence >= minConfidence ? rounded(answer.bpm, 100) : null;
      onOutcome({ status: "success", seconds: seconds(), ...(told !== null && { bpm: told }) });
      return {
        ...(answer.method === "network" && { model: NETWORK }),
        heart_rate_bpm: told,
        confidence: rounded(answer.confidence, 1000),
        interval: told === null ? null : answer.interval ?? null,
        processing_time_ms: rounded(nowMs() - beganMs, 1000),
        method: answer.method,
        snr_db: answer.snrDb === undefined ? null : rounded(answer.snrDb, 100),
        window_s: answer.windowS,
        reasons: answer.reasons,
        notice: "not a medical device",
      };
    } catch (error) {
      const client = (error as { code?: unknown }).code === "invalid";
      if (!signal.aborted) onOutcome({ status: client ? "invalid" : "error", seconds: seconds() });
      throw error;
    }
  }

  async #ask(question: SignalQuestion, signal: AbortSignal): Promise<SignalAnswer> {
    const timeoutMs = this.options.limits.predictMs;
    try {
      return await this.options.ask(question, { timeoutMs, signal });
    } catch (cause) {
      // Whatever broke then, it broke because everything stops or nobody waits any more.
      if (signal.aborted) throw signal.reason;
      if (cause instanceof ActorError && cause.code === "timeout") {
        throw new ServiceError("timeout", `There was no time for this signal within ${timeoutMs} ms`, { cause });
      }
      const why = redactUrls(cause instanceof Error ? cause.message : String(cause));
      throw new ServiceError("unavailable", `The signal could not be read: ${why}`, { cause, retryAfterMs: 1000 });
    }
  }
}

function invalid(refused: string): ServiceError {
  const message = `The signal cannot be read: it ${refused}`;
  return new ServiceError("invalid", message, { faults: [{ path: "signal", message: refused }] });
}

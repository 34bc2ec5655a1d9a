import { SendError } from "./send_error.ts";
import { untilAborted } from "./until_aborted.ts";

/** What the promise comes to; a {@link SendError} when that takes too long, the signal's reason when it is aborted. */
export async function inTime<T>(
  promise: Promise<T>,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<T> {
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(new SendError("away", `no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await untilAborted(untilAborted(promise, signal), cut.signal);
  } finally {
    clearTimeout(timer);
  }
}

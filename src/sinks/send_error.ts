/** How a peer failed to take something, which decides what becomes of it. */
export type SendFault =
  /** It cannot be reached or has no time: the same is sent again for as long as there is room. */
  | "away"
  /** It stumbled, perhaps over this very thing: the same is sent again a limited number of times. */
  | "stumbled"
  /** It does not want this: sending it again is pointless. */
  | "refused";

/** Something was not sent; the message says to whom and why, without credentials. */
export class SendError extends Error {
  override name = "SendError";
  /** How long the peer asks to be left alone. */
  readonly retryAfterMs?: number;

  constructor(readonly fault: SendFault, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** Why a frame did not become a result. The union is closed: every frame that is not completed has one of these. */
export const DROP_CAUSES = ["sampled", "skipped", "stale", "overflow", "undecodable", "failed", "stopped"] as const;

/** One cause out of {@link DROP_CAUSES}. */
export type DropCause = (typeof DROP_CAUSES)[number];

/** The failure of one frame, with the cause it counts under. */
export class FrameError extends Error {
  override name = "FrameError";
  constructor(readonly dropCause: DropCause, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The cause a thrown thing counts under; what says nothing of itself is `failed`. */
export function dropCauseOf(error: unknown): DropCause {
  return error instanceof FrameError ? error.dropCause : "failed";
}

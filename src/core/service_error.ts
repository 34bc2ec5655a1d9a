/** Why a service could not do what it was asked; each has one HTTP status and is part of the API. */
export const SERVICE_ERROR_CODES = [
  /** No stream, model or thing of that name. */
  "not_found",
  /** There is one of that name already, or its state does not allow this. */
  "conflict",
  /** The request itself does not fit. */
  "invalid",
  /** What was sent for an image is none that can be used. */
  "undecodable",
  /** A rule of this server forbids it (a host, a path, a scheme). */
  "forbidden",
  /** It cannot be done now, but may be later. */
  "unavailable",
  /** It took too long. */
  "timeout",
  /** More than this server takes. */
  "too_large",
  "too_many",
  /** There is more to do than can be done in time. */
  "overloaded",
] as const;

/** One code out of {@link SERVICE_ERROR_CODES}. */
export type ServiceErrorCode = (typeof SERVICE_ERROR_CODES)[number];

/** One field that does not fit, and why. */
export interface FieldFault {
  /** Where it is: `policy.fps`, `pipeline.0.model`. */
  path: string;
  message: string;
}

/** A request that cannot be carried out, told in words that the asker can act on. */
export class ServiceError extends Error {
  override name = "ServiceError";
  readonly faults: readonly FieldFault[];
  readonly retryAfterMs?: number;

  constructor(
    readonly code: ServiceErrorCode,
    message: string,
    options: ErrorOptions & { faults?: readonly FieldFault[]; retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.faults = options.faults ?? [];
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

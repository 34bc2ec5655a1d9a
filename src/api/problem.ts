import { redactUrls } from "../core/redact.ts";
import { type FieldFault, ServiceError, type ServiceErrorCode } from "../core/service_error.ts";
import { textAnswer } from "./text_answer.ts";

/** What can be wrong with a request, beyond what the services behind it say. */
export type HttpErrorCode =
  | "malformed"
  | "unauthorized"
  | "role"
  | "origin"
  | "host"
  | "method_not_allowed"
  | "not_acceptable"
  | "too_slow"
  | "address_too_long"
  | "upgrade_required"
  | "unsupported_media_type"
  | "rate_limited"
  | "headers_too_large"
  | "internal";

/** Every code that a problem document can carry. Clients may branch on them; they never change their meaning. */
export type ProblemCode = ServiceErrorCode | HttpErrorCode;

/** The status and the short name of each code. */
export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  malformed: { status: 400, title: "The request cannot be read" },
  unauthorized: { status: 401, title: "Who are you?" },
  role: { status: 403, title: "Your role does not allow this" },
  forbidden: { status: 403, title: "A rule of this server forbids this" },
  origin: { status: 403, title: "Pages of that origin are not let in" },
  host: { status: 421, title: "This server does not go by that name" },
  not_found: { status: 404, title: "There is no such thing" },
  method_not_allowed: { status: 405, title: "That is not how this is used" },
  not_acceptable: { status: 406, title: "It cannot be had in that form" },
  too_slow: { status: 408, title: "The request did not arrive in time" },
  conflict: { status: 409, title: "That does not go with what there is" },
  too_large: { status: 413, title: "That is more than this server takes" },
  address_too_long: { status: 414, title: "The address is longer than this server reads" },
  unsupported_media_type: { status: 415, title: "That form is not understood" },
  invalid: { status: 422, title: "The request does not fit" },
  undecodable: { status: 422, title: "That is no image that can be used here" },
  upgrade_required: { status: 426, title: "This is spoken over a WebSocket" },
  rate_limited: { status: 429, title: "Too many requests" },
  too_many: { status: 429, title: "There are too many already" },
  overloaded: { status: 429, title: "There is more to do than can be done in time" },
  headers_too_large: { status: 431, title: "The headers are larger than this server reads" },
  internal: { status: 500, title: "Something broke in here" },
  unavailable: { status: 503, title: "Not now" },
  timeout: { status: 504, title: "It took too long" },
};

/** A request that ends in a problem document (RFC 9457). */
export class Problem extends Error {
  override name = "Problem";
  readonly faults: readonly FieldFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ProblemCode,
    message: string,
    options: ErrorOptions & { faults?: readonly FieldFault[]; headers?: Record<string, string> } = {},
  ) {
    super(message, options);
    this.faults = options.faults ?? [];
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The problem that an error stands for; what nobody foresaw says nothing of its inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ServiceError) {
    const { code, message, faults, retryAfterMs } = error;
    const headers = retryAfterMs === undefined ? undefined : { "retry-after": `${Math.ceil(retryAfterMs / 1000)}` };
    return new Problem(code, message, { faults, headers, cause: error });
  }
  return new Problem("internal", "The server's log says more", { cause: error });
}

/** The problem as the client sees it; `instance` says which request it was. */
export function problemResponse(problem: Problem, instance: string): Response {
  const { code, status, message, faults, headers } = problem;
  const body = {
    type: `urn:weir:problem:${code}`,
    title: PROBLEMS[code].title,
    status,
    detail: redactUrls(message),
    instance,
    code,
    ...(faults.length > 0 && { errors: faults }),
  };
  return textAnswer(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

import type { FieldFault } from "../../core/service_error.ts";

/** A request that the server refused, or that never reached it: then `status` is 0 and `code` is `offline`. */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly status: number;
  /** Stable; see the API's document. */
  readonly code: string;
  /** The fields that do not fit, where it was about fields. */
  readonly faults: readonly FieldFault[];

  constructor({ status, code, message, faults = [] }: {
    status: number;
    code: string;
    message: string;
    faults?: readonly FieldFault[];
  }) {
    super(message);
    this.status = status;
    this.code = code;
    this.faults = faults;
  }

  /** What is wrong with one field, if anything is. */
  faultAt(path: string): string | undefined {
    return this.faults.find((fault) => fault.path === path)?.message;
  }
}

/** The problem that something thrown stands for. */
export function problemOf(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ProblemError({ status: 0, code: "failed", message });
}

/** Reads a problem document (RFC 9457); what is none, a proxy's page perhaps, is told by its status. */
export function problemFrom(status: number, body: unknown): ProblemError {
  const { code, detail, title, errors } = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const message = [detail, title].find((text) => typeof text === "string" && text !== "");
  return new ProblemError({
    status,
    code: typeof code === "string" ? code : `http_${status}`,
    message: message === undefined ? `The server answered ${status}` : String(message),
    faults: Array.isArray(errors) ? errors.filter(isFault) : [],
  });
}

function isFault(value: unknown): value is FieldFault {
  const { path, message } = (value ?? {}) as Record<string, unknown>;
  return typeof path === "string" && typeof message === "string";
}

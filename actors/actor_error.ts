/** Why an actor did not do what it was asked. */
export type ActorErrorCode =
  /** It did not answer in time. */
  | "timeout"
  /** It is gone, or goes while the question is open; `cause` says why. */
  | "down"
  /** It has too many open questions. */
  | "overflow"
  /** It was killed because it did not stop by its deadline. */
  | "killed";

/** The failure of an actor as such, as opposed to one of its own errors. */
export class ActorError extends Error {
  override name = "ActorError";
  constructor(readonly code: ActorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** An error as it crosses threads: structured clones lose everything but name, message and stack. */
export interface ErrorData {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  hopeless?: boolean;
  cause?: ErrorData;
}

/** An error that came out of another thread, with what callers branch on. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  /** Whether trying again can only give the same answer. */
  readonly hopeless: boolean;
  constructor(data: ErrorData) {
    super(data.message, data.cause ? { cause: new RemoteError(data.cause) } : undefined);
    this.name = data.name;
    this.code = data.code;
    this.hopeless = data.hopeless ?? false;
    if (data.stack !== undefined) this.stack = data.stack;
  }
}

/** Strips an error down to what crosses threads. */
export function toErrorData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { code, hopeless } = error as { code?: unknown; hopeless?: unknown };
  const data: ErrorData = { name: error.name, message: error.message };
  if (error.stack !== undefined) data.stack = error.stack;
  if (typeof code === "string") data.code = code;
  if (hopeless === true) data.hopeless = true;
  if (error.cause !== undefined && depth < 4) data.cause = toErrorData(error.cause, depth + 1);
  return data;
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** A state's cause as it is shown to people and programs. */
export interface Cause {
  code: string;
  message: string;
}

/** The cause that an error stands for. */
export function causeOf(error: Error): Cause {
  const code = (error as { code?: unknown }).code;
  return { code: typeof code === "string" ? code : "failed", message: error.message };
}

/** Whether an error says that trying again can only give the same answer. */
export function isHopeless(error: Error): boolean {
  return (error as { hopeless?: unknown }).hopeless === true;
}

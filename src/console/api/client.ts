import { ProblemError, problemFrom } from "./problem_error.ts";
import { refuse, session } from "./session.ts";

export { ProblemError } from "./problem_error.ts";
export { session } from "./session.ts";

/** Who answers no small question within this time is taken for gone, milliseconds. */
export const PATIENCE_MS = 10_000;

/** What a request carries: JSON, or bytes as they are. */
export type Body = Blob | FormData | object;

/** What a request may come with. */
export interface CallOptions {
  signal?: AbortSignal;
  /** It is sent even when the page goes meanwhile. */
  keepalive?: boolean;
}

/**
 * One request to the server. Answers what its JSON says, a `Blob` for a picture or a video, undefined for 204. Throws a
 * {@link ProblemError} for everything else; an aborted one rejects with the signal's reason.
 */
export async function call<T>(
  method: string,
  path: string,
  body?: Body,
  { signal, keepalive = false }: CallOptions = {},
): Promise<T> {
  const { token } = session.peek();
  const raw = body instanceof Blob || body instanceof FormData;
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined && !raw) {
    headers.set("content-type", "application/json");
  }
  let response: Response;
  try {
    const sent = body === undefined || raw ? body : JSON.stringify(body);
    response = await fetch(path, {
      method,
      headers,
      ...(sent !== undefined && { body: sent }),
      ...(signal && { signal }),
      ...(keepalive && { keepalive }),
    });
  } catch {
    throw givenUp(signal) ?? tooLate();
  }
  if (response.status === 204) return undefined as T;
  const media = response.headers.get("content-type") ?? "";
  if (response.ok && /^(?:image|video)\//.test(media)) return await whole(response.blob(), signal) as T;
  const readable = /[/+]json\b/.test(media);
  if (!readable) response.body?.cancel().catch(() => {});
  const answer: unknown = readable ? await whole(response.json(), signal) : undefined;
  if (response.ok) return answer as T;
  const problem = problemFrom(response.status, answer);
  if (problem.status === 401) refuse(token, problem.message);
  throw problem;
}

/** Why a question is given up that nobody answers. */
export function tooLate(): ProblemError {
  return new ProblemError({ status: 0, code: "offline", message: "The server does not answer" });
}

/** An answer's body; one that breaks off is as good as none. */
async function whole<T>(body: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await body;
  } catch {
    throw givenUp(signal) ?? new ProblemError({ status: 0, code: "offline", message: "The server's answer broke off" });
  }
}

/** Why whoever asked does so no longer, if that is why there is no answer. */
function givenUp(signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted) return undefined;
  const { reason } = signal;
  return reason instanceof DOMException && reason.name === "TimeoutError" ? tooLate() : reason;
}

/** An address for what cannot send a token (a WebSocket, a picture): with a ticket, where a token is needed at all. */
export async function ticketed(path: string): Promise<string> {
  if (session.peek().token === undefined) return path;
  const [plain] = path.split("?", 1);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const { ticket } = await call<{ ticket: string }>("POST", "/api/v1/tickets", { path: plain }, { signal });
  return `${path}${path.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`;
}

import { ProblemError, problemFrom } from "./problem_error.ts";
import { refuse, session } from "./session.ts";

/** How a file goes to the server. */
export interface SendOptions {
  /** How much of it is sent, 0 to 1: files take their time. */
  onProgress?(share: number): void;
  signal?: AbortSignal;
}

/**
 * Sends a form with a file; answers what the server's JSON says. Throws a {@link ProblemError} for everything else; an
 * aborted one rejects with the signal's reason. Of what browsers offer, only this tells how much has been sent.
 */
export function sendFile<T>(path: string, form: FormData, { onProgress, signal }: SendOptions = {}): Promise<T> {
  signal?.throwIfAborted();
  const { token } = session.peek();
  const request = new XMLHttpRequest();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  request.open("POST", path);
  if (token !== undefined) request.setRequestHeader("authorization", `Bearer ${token}`);
  request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
  request.onload = () => {
    const { status } = request;
    const answer = jsonIn(request.responseText);
    if (status >= 200 && status < 300) return resolve(answer as T);
    const problem = problemFrom(status, answer);
    if (status === 401) refuse(token, problem.message);
    reject(problem);
  };
  request.onerror = () =>
    reject(new ProblemError({ status: 0, code: "offline", message: "The server does not take the file" }));
  request.onabort = () => reject(signal?.reason);
  const abort = () => request.abort();
  signal?.addEventListener("abort", abort);
  request.send(form);
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is put on every answer. */
export interface FinishOptions {
  requestId: string;
  /** The answer is to a HEAD request: it goes without its body. */
  head: boolean;
  /** The guard's, for the answer whatever it is. */
  headers?: HeadersInit;
}

/** Pages run their own scripts only, talk to this server only, and stand in nobody's frame. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const DEFAULTS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** The answer as it goes out. What it says itself counts more than the guard's headers, and these more than defaults. */
export function finish(response: Response, { requestId, head, headers }: FinishOptions): Response {
  const out = headersMutable(response) && !head ? response : rebuilt(response, head);
  const set = (name: string, value: string) => {
    if (!out.headers.has(name)) out.headers.set(name, value);
    else if (name === "vary") out.headers.append(name, value);
  };
  for (const [name, value] of pairsOf(headers)) set(name, value);
  for (const [name, value] of Object.entries(DEFAULTS)) set(name, value);
  if (out.headers.get("content-type")?.startsWith("text/html")) {
    set("content-security-policy", PAGE_POLICY);
    set("x-frame-options", "DENY");
  }
  out.headers.set("x-request-id", requestId);
  return out;
}

/** Going through headers costs more than all else here, and mostly there are none but the guard's own few. */
function pairsOf(headers: HeadersInit = {}): Iterable<[string, string]> {
  if (headers instanceof Headers || Symbol.iterator in headers) return new Headers(headers);
  return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
}

function headersMutable({ headers }: Response): boolean {
  try {
    headers.delete("x-request-id");
    return true;
  } catch {
    return false;
  }
}

function rebuilt(response: Response, head: boolean): Response {
  const { status, statusText, headers } = response;
  if (head) response.body?.cancel().catch(() => {});
  return new Response(head ? null : response.body, { status, statusText, headers });
}

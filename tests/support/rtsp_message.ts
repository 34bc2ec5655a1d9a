import type { RtspMethod } from "./faults.ts";

/** A request as it came in. */
export interface RtspRequest {
  method: RtspMethod;
  url: string;
  headers: Map<string, string>;
}

/** Picks requests out of what a client sends; interleaved blocks (receiver reports) and bodies are passed over. */
export class RtspRequests {
  #held = new Uint8Array(0);

  /** Folds bytes in and answers the requests they complete. */
  push(bytes: Uint8Array): RtspRequest[] {
    const joined = new Uint8Array(this.#held.length + bytes.length);
    joined.set(this.#held);
    joined.set(bytes, this.#held.length);
    this.#held = joined;
    const requests: RtspRequest[] = [];
    for (let size = this.#next(requests); size > 0; size = this.#next(requests)) this.#held = this.#held.slice(size);
    return requests;
  }

  #next(requests: RtspRequest[]): number {
    const held = this.#held;
    if (held.length < 4) return 0;
    if (held[0] === 0x24) {
      const size = 4 + ((held[2] << 8) | held[3]);
      return held.length >= size ? size : 0;
    }
    const text = new TextDecoder("latin1").decode(held);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return 0;
    const [first, ...lines] = text.slice(0, end).split("\r\n");
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    const size = end + 4 + Number(headers.get("content-length") ?? 0);
    if (held.length < size) return 0;
    const [method, url] = first.split(" ");
    // What the client answers to a request of ours is no request.
    if (!first.startsWith("RTSP/")) requests.push({ method: method as RtspMethod, url: url ?? "", headers });
    return size;
  }
}

const REASONS: Record<number, string> = {
  200: "OK",
  301: "Moved Permanently",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  461: "Unsupported Transport",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** An answer, ready to be sent. `bodyLength` is what is announced, which need not be the truth. */
export function rtspResponse(
  request: RtspRequest,
  status: number,
  more: { headers?: Record<string, string>; body?: string; bodyLength?: number } = {},
): Uint8Array {
  const body = new TextEncoder().encode(more.body ?? "");
  const headers: Record<string, string> = { CSeq: request.headers.get("cseq") ?? "0", ...more.headers };
  if (more.body !== undefined) headers["Content-Length"] = String(more.bodyLength ?? body.length);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const text = new TextEncoder().encode(`RTSP/1.0 ${status} ${REASONS[status] ?? "Status"}\r\n${head}\r\n`);
  const message = new Uint8Array(text.length + body.length);
  message.set(text);
  message.set(body, text.length);
  return message;
}

import type { Socket } from "node:net";

/** The answer to one request. */
export interface RtspReply {
  status: number;
  reason: string;
  location: string;
  /** Every `WWW-Authenticate` header. */
  challenges: string[];
  body: string;
}

/** One request. */
export interface RtspQuestion {
  method: "OPTIONS" | "DESCRIBE";
  uri: string;
  authorization?: string;
}

const LIMIT_BYTES = 65_536;
let sequence = 0;

/** Asks one question and waits for its answer. Throws a SyntaxError when what comes is no RTSP. */
export async function askRtsp(socket: Socket, question: RtspQuestion, signal: AbortSignal): Promise<RtspReply> {
  const lines = [`${question.method} ${question.uri} RTSP/1.0`, `CSeq: ${++sequence}`, "Accept: application/sdp"];
  if (question.authorization) lines.push(`Authorization: ${question.authorization}`);
  socket.write(lines.join("\r\n") + "\r\n\r\n");
  let held = new Uint8Array(0);
  for (;;) {
    const bytes = await nextBytes(socket, signal);
    const joined = new Uint8Array(held.length + bytes.length);
    joined.set(held);
    joined.set(bytes, held.length);
    held = joined;
    const reply = parseRtspReply(held);
    if (reply) return reply;
  }
}

/** The answer in these bytes; undefined while it is not all there. */
export function parseRtspReply(bytes: Uint8Array): RtspReply | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, LIMIT_BYTES));
  if (!"RTSP/1.".startsWith(text.slice(0, 7))) throw new SyntaxError("what answers does not speak RTSP");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) {
    if (bytes.length >= LIMIT_BYTES) throw new SyntaxError("its answer is too long");
    return undefined;
  }
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const [, status, reason] = /^RTSP\/1\.\d (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (!status) throw new SyntaxError("its answer has no status");
  const headers = lines.map((line) => /^([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line)).filter((match) => match !== null);
  const all = (name: string) => headers.filter(([, key]) => key.toLowerCase() === name).map(([, , value]) => value);
  const length = Number(all("content-length")[0] ?? 0);
  if (!(length >= 0 && end + 4 + length <= LIMIT_BYTES)) throw new SyntaxError("its answer is too long");
  if (bytes.length < end + 4 + length) return undefined;
  return {
    status: Number(status),
    reason: reason.replace(/[^\x20-\x7e]/g, "?").slice(0, 100),
    location: all("location")[0] ?? "",
    challenges: all("www-authenticate"),
    body: text.slice(end + 4, end + 4 + length),
  };
}

function nextBytes(socket: Socket, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const events = {
      data: (bytes: Uint8Array) => settle(() => resolve(bytes)),
      error: (error: Error) => settle(() => reject(error)),
      close: () => settle(() => reject(new Error("the connection ended"))),
      end: () => settle(() => reject(new Error("the connection ended"))),
    };
    const abort = () => settle(() => reject(signal.reason));
    const settle = (answer: () => void) => {
      for (const [name, listener] of Object.entries(events)) socket.removeListener(name, listener);
      signal.removeEventListener("abort", abort);
      socket.pause();
      answer();
    };
    for (const [name, listener] of Object.entries(events)) socket.once(name, listener);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    else if (socket.destroyed) events.close();
    else socket.resume();
  });
}

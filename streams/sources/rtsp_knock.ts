import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { redactUrl } from "../../src/core/redact.ts";
import { SourceError } from "../../src/core/source.ts";
import { bareHost } from "./check_url.ts";
import type { ContactRules } from "./contact_rules.ts";
import { failAfter } from "./fail_after.ts";
import { reach } from "./reach.ts";
import { authorization } from "./authorization.ts";
import { askRtsp, type RtspQuestion, type RtspReply } from "./rtsp_reply.ts";

/** How a camera is talked to. */
export interface KnockOptions {
  /** From looking it up to its answer. */
  timeoutMs: number;
  /** What may be contacted; without them everything. */
  rules?: ContactRules;
}

/**
 * Says hello to a camera before FFmpeg does, because FFmpeg hides why it failed. Throws a {@link SourceError} when the
 * host is unknown, denied, refuses, is silent, hangs up or speaks something else. What it answers does not matter: some
 * cameras want credentials even for this. Resolves with the address that it answered from.
 */
export async function knock(url: URL, options: KnockOptions, signal: AbortSignal): Promise<string> {
  return await converse(url, options, signal, async (ask, address) => {
    await ask("OPTIONS");
    return address;
  });
}

/** Asks a camera for its description. Not while FFmpeg talks to it, nor just before: some serve one reader only. */
export async function describe(url: URL, options: KnockOptions, signal: AbortSignal): Promise<RtspReply> {
  const asker = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return await converse(url, options, signal, async (ask) => {
    const reply = await ask("DESCRIBE");
    if (reply.status !== 401 || url.username === "") return reply;
    const proof = authorization(reply.challenges, { ...asker, method: "DESCRIBE", uri: bare(url) });
    return proof ? await ask("DESCRIBE", proof) : reply;
  });
}

type Ask = (method: RtspQuestion["method"], proof?: string) => Promise<RtspReply>;

async function converse<T>(
  url: URL,
  { timeoutMs, rules }: KnockOptions,
  signal: AbortSignal,
  talk: (ask: Ask, address: string) => Promise<T>,
): Promise<T> {
  const shown = redactUrl(url.href);
  const late = () => new SourceError("timeout", `Cannot open ${shown}: no answer within ${Math.round(timeoutMs)} ms`);
  using limit = failAfter(timeoutMs, signal, late);
  const reason = rules?.refuseUrl(url);
  if (reason) throw new SourceError("denied", `Cannot open ${shown}: ${reason}`);
  const host = bareHost(url);
  const refuse = (address: string) => rules?.refuseAddress(host, address);
  const socket = await reach({ host, port: rtspPort(url), url: shown, timeoutMs, refuse }, limit.signal);
  const address = socket.remoteAddress ?? host;
  const conversation = url.protocol === "rtsps:" ? encrypted(socket, url) : socket;
  try {
    const ask: Ask = (method, proof) =>
      askRtsp(conversation, { method, uri: bare(url), authorization: proof }, limit.signal);
    return await talk(ask, address);
  } catch (cause) {
    limit.signal.throwIfAborted();
    if (cause instanceof SyntaxError) {
      throw new SourceError("invalid", `Cannot open ${shown}: ${cause.message}`, { cause });
    }
    throw new SourceError("closed", `Cannot open ${shown}: the connection ended before an answer came`, { cause });
  } finally {
    conversation.destroy();
    socket.destroy();
  }
}

/** The port of an address, whether it names one or not. */
export function rtspPort(url: URL): number {
  return Number(url.port) || (url.protocol === "rtsps:" ? 322 : 554);
}

/** Cameras sign their certificates themselves; encryption without proof is what they offer. */
function encrypted(socket: Socket, url: URL): Socket {
  const servername = isIP(bareHost(url)) ? "" : url.hostname;
  const secure = connectTls({ socket, rejectUnauthorized: false, servername });
  secure.on("error", () => {});
  return secure;
}

function bare(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}

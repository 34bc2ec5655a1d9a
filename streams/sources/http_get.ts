import { type IncomingMessage, request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { redactUrl } from "../../src/core/redact.ts";
import { SourceError } from "../../src/core/source.ts";
import { authorization } from "./authorization.ts";
import { bareHost } from "./check_url.ts";
import type { ContactRules } from "./contact_rules.ts";
import { reach } from "./reach.ts";

/** How to get. */
export interface HttpGetOptions {
  rules: ContactRules;
  /** Sent along, for part of a file. */
  range?: string;
  /** Credentials for the host they were given for, and no other. */
  credentials?: { origin: string; username: string; password: string };
  /** Whether certificates must be good. */
  verifyTls: boolean;
  /** From the look-up of a host to its answer. */
  timeoutMs: number;
}

/** An answer whose body is still to come. */
export interface HttpAnswer {
  /** Where it came from in the end. */
  url: URL;
  response: IncomingMessage;
}

const MOST_REDIRECTS = 8;

/**
 * Gets a URL over a connection to an address that was checked. Redirects are followed as far as the rules allow, each
 * one checked like the first. Throws a {@link SourceError}; statuses that are no redirect are the caller's.
 */
export async function httpGet(url: URL, options: HttpGetOptions, signal: AbortSignal): Promise<HttpAnswer> {
  let at = url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const shown = redactUrl(at.href);
    const reason = options.rules.refuseUrl(at);
    if (reason) {
      const how = hops === 0 ? `Cannot open ${shown}` : `Cannot open ${redactUrl(url.href)}: it redirects to ${shown}`;
      throw new SourceError("denied", `${how}: ${reason}`);
    }
    const response = await ask(at, options, signal);
    const { statusCode = 0, headers } = response;
    if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return { url: at, response };
    response.destroy();
    if (!URL.canParse(headers.location, at)) {
      throw new SourceError("invalid", `Cannot open ${shown}: it redirects to nowhere`);
    }
    at = new URL(headers.location, at);
  }
  throw new SourceError("invalid", `Cannot open ${redactUrl(url.href)}: it redirects again and again`);
}

async function ask(url: URL, options: HttpGetOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await send(url, options, signal);
  const { credentials } = options;
  if (response.statusCode !== 401 || credentials?.origin !== url.origin) return response;
  // Node joins what comes several times with commas, which stand within a challenge as well.
  const challenges = response.rawHeaders.filter((_, index, all) =>
    index % 2 === 1 && /^www-authenticate$/i.test(all[index - 1])
  );
  const proof = authorization(challenges, { ...credentials, method: "GET", uri: url.pathname + url.search });
  if (!proof) return response;
  response.destroy();
  return await send(url, options, signal, proof);
}

async function send(
  url: URL,
  { rules, range, verifyTls, timeoutMs }: HttpGetOptions,
  signal: AbortSignal,
  proof?: string,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const shown = redactUrl(url.href);
  const host = bareHost(url);
  const port = Number(url.port) || (secure ? 443 : 80);
  const refuse = (address: string) => rules.refuseAddress(host, address);
  const socket = await reach({ host, port, url: shown, timeoutMs, refuse }, signal);
  return await new Promise((resolve, reject) => {
    const connect = () => secure ? encrypted(socket, host, verifyTls) : socket;
    const headers: Record<string, string> = { accept: "*/*", "accept-encoding": "identity", connection: "close" };
    if (range) headers.range = range;
    if (proof) headers.authorization = proof;
    const path = url.pathname + url.search;
    const wanted = { hostname: url.hostname, port, path, headers, createConnection: connect } as RequestOptions;
    const request = (secure ? requestHttps : requestHttp)(wanted);
    const end = (error: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      request.destroy();
      socket.destroy();
      reject(error);
    };
    const abort = () => end(signal.reason);
    const late = new SourceError("timeout", `Cannot open ${shown}: no answer within ${Math.round(timeoutMs)} ms`);
    const timer = setTimeout(() => end(late), timeoutMs);
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", (cause) => end(failure(shown, cause)));
    request.once("response", (response) => {
      clearTimeout(timer);
      response.on("error", () => {});
      response.once("close", () => {
        signal.removeEventListener("abort", abort);
        socket.destroy();
      });
      resolve(response);
    });
    request.end();
    if (signal.aborted) abort();
  });
}

function encrypted(socket: Socket, host: string, verify: boolean): Socket {
  return connectTls({ socket, host, servername: isIP(host) ? "" : host, rejectUnauthorized: verify });
}

function failure(shown: string, cause: NodeJS.ErrnoException): SourceError {
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_/.test(cause.code ?? "")) {
    const message = `Cannot open ${shown}: its certificate is not trusted (${cause.message})`;
    return new SourceError("denied", message, { cause });
  }
  return new SourceError("closed", `Cannot open ${shown}: the connection ended before an answer came`, { cause });
}

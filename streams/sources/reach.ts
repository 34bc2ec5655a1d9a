import { lookup } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";
import { SourceError, type SourceErrorCode } from "../../src/core/source.ts";
import { failAfter } from "./fail_after.ts";

/** What is to be reached. */
export interface ReachTarget {
  /** A name or an IP address; IPv6 without brackets. */
  host: string;
  port: number;
  /** The redacted address, for messages. */
  url: string;
  /** From now until connected. */
  timeoutMs: number;
  /** Says why an address that the name stands for must not be contacted. */
  refuse?: (address: string) => string | undefined;
}

/**
 * Resolves a host and connects to it over TCP, to learn what FFmpeg keeps to itself: whether the name is known, the
 * port is closed, the network has no way there, or nobody answers. The connection is the caller's to destroy.
 */
export async function reach(target: ReachTarget, signal: AbortSignal): Promise<Socket> {
  using deadline = failAfter(target.timeoutMs, signal, () => timeoutOf(target));
  const addresses = await deadline.race(resolveHost(target));
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await connectTo(address, target.port, deadline.signal);
    } catch (error) {
      deadline.signal.throwIfAborted();
      failure = error;
    }
  }
  throw connectFailure(target, failure);
}

/** The addresses of a host; throws `unknown_host`, or `denied` when one of them is refused. */
export async function resolveHost(target: Pick<ReachTarget, "host" | "url" | "refuse">): Promise<string[]> {
  const addresses = isIP(target.host) ? [target.host] : await lookUp(target);
  for (const address of addresses) {
    const reason = target.refuse?.(address);
    if (reason) throw new SourceError("denied", `Cannot open ${target.url}: ${reason}`);
  }
  return addresses;
}

async function lookUp({ host, url }: Pick<ReachTarget, "host" | "url">): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true });
    if (found.length > 0) return found.map(({ address }) => address);
  } catch (cause) {
    throw new SourceError("unknown_host", `Cannot open ${url}: the host ${host} is unknown`, { cause });
  }
  throw new SourceError("unknown_host", `Cannot open ${url}: the host ${host} has no address`);
}

function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const settle = (error?: unknown) => {
      signal.removeEventListener("abort", abort);
      socket.removeListener("connect", settle);
      if (!error) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const abort = () => settle(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", () => settle());
    // It also keeps a late error of a connection that nobody listens to any more from being thrown.
    socket.on("error", settle);
    if (signal.aborted) abort();
  });
}

const CAUSES: Record<string, [SourceErrorCode, string]> = {
  ECONNREFUSED: ["refused", "connection refused"],
  EHOSTUNREACH: ["unreachable", "no route to the host"],
  ENETUNREACH: ["unreachable", "the network cannot be reached"],
  EADDRNOTAVAIL: ["unreachable", "the network cannot be reached"],
  ETIMEDOUT: ["timeout", "the host does not answer"],
  ECONNRESET: ["closed", "connection reset"],
};

function connectFailure({ url }: ReachTarget, cause: unknown): SourceError {
  const [code, why] = CAUSES[(cause as { code?: string } | undefined)?.code ?? ""] ?? ["failed", "cannot connect"];
  return new SourceError(code, `Cannot open ${url}: ${why}`, { cause });
}

function timeoutOf({ url, timeoutMs }: ReachTarget): SourceError {
  return new SourceError("timeout", `Cannot open ${url}: no connection within ${Math.round(timeoutMs)} ms`);
}

import { isIP } from "node:net";
import { ServiceError } from "../core/service_error.ts";
import { SendError } from "./send_error.ts";
import type { SinkContext } from "./sink.ts";

/** How to connect to a peer. */
export interface PeerAddress {
  /** What to connect to: an address that was checked, or a name where nothing checks. */
  host: string;
  /** The name that its certificate must be for; undefined when it is called by its address. */
  servername?: string;
}

/** The address of a URL's host, checked once and then used as it was checked. */
export async function peerAddress(url: URL, { address }: Pick<SinkContext, "address">): Promise<PeerAddress> {
  const name = url.hostname.replace(/^\[|\]$/g, "");
  try {
    return { host: await address?.(name) ?? name, ...(isIP(name) === 0 && { servername: name }) };
  } catch (cause) {
    const fault = cause instanceof ServiceError && cause.code === "forbidden" ? "refused" : "away";
    throw new SendError(fault, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A URL's scheme, host and port: all of it that may be shown, for paths and parameters may be secrets. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

/** A part of a URL as it was before it was escaped; undefined when it is empty. */
export function unescaped(part: string): string | undefined {
  if (part === "") return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { RtspRequest } from "./rtsp_message.ts";

/** Who may look, and how they prove it. */
export interface RtspCredentials {
  scheme: "basic" | "digest";
  username: string;
  password: string;
}

const REALM = "chaos camera";

/** The challenge for a client that has not (rightly) proven who it is; undefined when it has. */
export function challenge(request: RtspRequest, credentials: RtspCredentials, nonce: string): string | undefined {
  const given = request.headers.get("authorization") ?? "";
  if (credentials.scheme === "basic") {
    const wanted = "Basic " + Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    return given === wanted ? undefined : `Basic realm="${REALM}"`;
  }
  return digestMatches(given, request, credentials, nonce)
    ? undefined
    : `Digest realm="${REALM}", nonce="${nonce}", algorithm=MD5`;
}

function digestMatches(given: string, request: RtspRequest, credentials: RtspCredentials, nonce: string): boolean {
  if (!given.startsWith("Digest ")) return false;
  const fields = new Map([...given.matchAll(/(\w+)="?([^",]*)"?/g)].map((match) => [match[1], match[2]]));
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  const secret = md5(`${credentials.username}:${REALM}:${credentials.password}`);
  const target = md5(`${request.method}:${fields.get("uri")}`);
  return fields.get("nonce") === nonce && fields.get("response") === md5(`${secret}:${nonce}:${target}`);
}

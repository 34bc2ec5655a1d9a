import { createHash, createHmac } from "node:crypto";

/** Who asks an S3-compatible store. */
export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request before it is signed. */
export interface UnsignedRequest {
  method: string;
  host: string;
  /** Encoded as {@link s3Path} does. */
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
}

/** SHA-256, hexadecimal. */
function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A part of an address as signatures want it: everything but letters, digits and `-._~` is escaped. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A key as the path of an address. */
export function s3Path(...parts: string[]): string {
  return `/${parts.join("/").split("/").map(escaped).join("/")}`;
}

/** Parameters as they are signed and sent: by name. */
export function s3Query(query: Readonly<Record<string, string>> = {}): string {
  return Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`).sort().join("&");
}

/** The headers of a request with AWS's Signature Version 4, by which an S3-compatible store knows who asks. */
export function signS3(
  request: UnsignedRequest,
  { keys, region, atMs }: { keys: S3Keys; region: string; atMs: number },
): Record<string, string> {
  const { method, host, path, query, body = new Uint8Array() } = request;
  const time = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
    ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name].trim().replace(/\s+/g, " ")}\n`).join("");
  const signed = names.join(";");
  const canonical = [method, path, s3Query(query), lines, signed, headers["x-amz-content-sha256"]].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const hmac = (key: string | Uint8Array, data: string) => createHmac("sha256", key).update(data).digest();
  const key = [region, "s3", "aws4_request"].reduce(hmac, hmac(`AWS4${keys.secretAccessKey}`, day));
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope},SignedHeaders=${signed},Signature=${signature}`;
  return { ...headers, authorization };
}

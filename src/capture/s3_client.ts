import http from "node:http";
import https from "node:https";
import { Buffer } from "node:buffer";
import type { UploadRules } from "../core/captures.ts";
import { inTime } from "../sinks/in_time.ts";
import { peerAddress } from "../sinks/peer_address.ts";
import { SendError } from "../sinks/send_error.ts";
import { type S3Keys, s3Path, s3Query, signS3 } from "./s3_signature.ts";

/** How a store is reached. */
export interface S3ClientOptions {
  rules: Pick<UploadRules, "endpoint" | "bucket" | "region" | "pathStyle">;
  keys: S3Keys;
  /** Checks a host against the server's rules and answers the address to connect to. */
  address?(host: string): Promise<string>;
  /** Unix milliseconds. */
  now?: () => number;
  timeoutMs?: number;
  /** What is larger goes in parts of this size; the least that stores take is 5 MiB. */
  partBytes?: number;
}

interface Ask {
  method: string;
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array;
  signal: AbortSignal;
}

interface Answer {
  status: number;
  etag?: string;
  text: string;
}

const PART_BYTES = 8 * 2 ** 20;
const TIMEOUT_MS = 120_000;
/** Answers are short; what is longer is not read. */
const ANSWER_BYTES = 64 * 1024;
const AGENT = { keepAlive: true, maxSockets: 1 };
/** Statuses that may go away without anything being wrong with what is sent: rights, clocks and buckets can be mended. */
const AWAY = new Set([301, 307, 401, 403, 404, 408, 425, 429, 503, 504]);

/** Puts files into a bucket of an S3-compatible store, over one connection that is kept. */
export class S3Client implements Disposable {
  #agents = { "http:": new http.Agent(AGENT), "https:": new https.Agent(AGENT) };
  #endpoint: URL;

  constructor(private readonly options: S3ClientOptions) {
    this.#endpoint = new URL(options.rules.endpoint);
  }

  /** Puts a file under a key: whole, or part by part. Throws a {@link SendError}. */
  async put(key: string, path: string, type: string, signal: AbortSignal): Promise<void> {
    const { partBytes = PART_BYTES } = this.options;
    using file = await Deno.open(path);
    const { size } = await file.stat();
    const headers = { "content-type": type };
    if (size <= partBytes) {
      await this.#ask({ method: "PUT", key, headers, body: await next(file, size), signal });
      return;
    }
    const { text } = await this.#ask({ method: "POST", key, query: { uploads: "" }, headers, signal });
    const uploadId = tagged(text, "UploadId");
    if (!uploadId) throw new SendError("stumbled", "it began an upload in parts and gave it no name");
    try {
      const etags: string[] = [];
      for (let sent = 0; sent < size; sent += partBytes) {
        const body = await next(file, Math.min(partBytes, size - sent));
        const query = { partNumber: `${etags.length + 1}`, uploadId };
        const { etag = "" } = await this.#ask({ method: "PUT", key, query, body, signal });
        etags.push(etag);
      }
      const parts = etags.map((etag, n) =>
        `<Part><PartNumber>${n + 1}</PartNumber><ETag>${etag.replace(/[<&]/g, "")}</ETag></Part>`
      );
      const body = new TextEncoder().encode(
        `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
          parts.join("")
        }</CompleteMultipartUpload>`,
      );
      const done = await this.#ask({ method: "POST", key, query: { uploadId }, body, signal });
      // It may answer 200 and go on to say that it failed.
      if (done.text.includes("<Error>")) throw failure(500, done.text);
    } catch (error) {
      // Parts of what is never completed would be paid for.
      await this.#ask({ method: "DELETE", key, query: { uploadId }, signal: new AbortController().signal })
        .catch(() => {});
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #ask({ method, key, query, headers, body, signal }: Ask): Promise<Answer> {
    const { rules: { bucket, region, pathStyle }, keys, address, now = Date.now, timeoutMs = TIMEOUT_MS } =
      this.options;
    const { protocol, hostname, port, host: authority } = this.#endpoint;
    const host = pathStyle ? authority : `${bucket}.${authority}`;
    const path = pathStyle ? s3Path(bucket, key) : s3Path(key);
    const signed = signS3({ method, host, path, query, headers, body }, { keys, region, atMs: now() });
    const named = new URL(`${protocol}//${pathStyle ? hostname : `${bucket}.${hostname}`}`);
    const peer = await peerAddress(named, { address });
    const secure = protocol === "https:";
    const parameters = s3Query(query);
    const options: https.RequestOptions = {
      host: peer.host,
      port: port || (secure ? 443 : 80),
      path: parameters === "" ? path : `${path}?${parameters}`,
      method,
      agent: secure ? this.#agents["https:"] : this.#agents["http:"],
      setHost: false,
      headers: { ...signed, "content-length": `${body?.length ?? 0}`, "user-agent": "Weir" },
      ...(secure && peer.servername !== undefined && { servername: peer.servername }),
    };
    let request: http.ClientRequest | undefined;
    const answered = new Promise<Answer>((resolve, reject) => {
      request = (secure ? https : http).request(options, (answer) => {
        const chunks: Uint8Array[] = [];
        let length = 0;
        answer.on("error", reject);
        answer.on("data", (chunk: Uint8Array) => {
          if (length < ANSWER_BYTES) chunks.push(chunk);
          length += chunk.length;
        });
        answer.on("end", () => {
          const { statusCode: status = 0, headers: { etag } } = answer;
          resolve({ status, ...(etag !== undefined && { etag }), text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
    try {
      const answer = await inTime(answered, { timeoutMs, signal });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw failure(answer.status, answer.text);
    } catch (error) {
      if (error instanceof SendError) throw error;
      throw new SendError("away", error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      // Whatever is left of an exchange that was cut off must not be taken for the next one's answer.
      if (request && !request.writableFinished) request.destroy();
    }
  }
}

/** So many bytes of a file, from where it stands. */
async function next(file: Deno.FsFile, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) throw new SendError("refused", "the file became shorter while it was read");
    at += read;
  }
  return bytes;
}

function failure(status: number, text: string): SendError {
  const code = tagged(text, "Code");
  const message = `it answered ${status}${code ? ` ${code}` : ""}`;
  return new SendError(AWAY.has(status) ? "away" : "stumbled", message);
}

/** What an XML document has in the first element of a name. */
function tagged(text: string, name: string): string | undefined {
  const value = new RegExp(`<${name}>([^<]{1,1024})</${name}>`).exec(text)?.[1];
  return value?.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

import http from "node:http";
import https from "node:https";
import { inTime } from "./in_time.ts";
import type { PeerAddress } from "./peer_address.ts";
import { SendError } from "./send_error.ts";

/** One request. */
export interface PostOptions {
  url: URL;
  address: PeerAddress;
  headers: Record<string, string>;
  body: Uint8Array;
  timeoutMs: number;
  signal: AbortSignal;
  /** Certificate of who signed the peer's, PEM. */
  ca?: string;
}

/** What the peer answered. */
export interface PostAnswer {
  status: number;
  retryAfter?: string;
}

const AGENT = { keepAlive: true, maxSockets: 1 };

/** Posts to one peer over one connection that is kept; follows no redirect. */
export class HttpPost implements Disposable {
  #plain = new http.Agent(AGENT);
  #secure = new https.Agent(AGENT);

  /** The answer to a request; throws a {@link SendError} when there is none. */
  async post({ url, address, headers, body, timeoutMs, signal, ca }: PostOptions): Promise<PostAnswer> {
    const secure = url.protocol === "https:";
    const options: https.RequestOptions = {
      host: address.host,
      port: url.port || (secure ? 443 : 80),
      path: `${url.pathname}${url.search}`,
      method: "POST",
      agent: secure ? this.#secure : this.#plain,
      setHost: false,
      headers: { ...headers, host: url.host, "content-length": String(body.length) },
      ...(secure && address.servername !== undefined && { servername: address.servername }),
      ...(secure && ca !== undefined && { ca }),
    };
    let request: http.ClientRequest | undefined;
    const answered = new Promise<PostAnswer>((resolve, reject) => {
      request = (secure ? https : http).request(options, (answer) => {
        const { statusCode = 0, headers } = answer;
        // Nobody reads what it says besides, but the connection is free only after that.
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: statusCode, retryAfter: headers["retry-after"] }));
        answer.resume();
      });
      request.on("error", reject);
      request.end(body);
    });
    try {
      return await inTime(answered, { timeoutMs, signal });
    } catch (error) {
      request?.destroy();
      // Whatever is left of that connection must not be taken for the next request's.
      this[Symbol.dispose]();
      this.#plain = new http.Agent(AGENT);
      this.#secure = new https.Agent(AGENT);
      if (error instanceof SendError) throw error;
      throw new SendError("away", error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** One block of an event stream as it came. */
export interface SseBlock {
  id?: string;
  event?: string;
  data?: string;
  retry?: string;
  comment?: string;
}

/** Reads an event stream by hand, block by block, so that a test sees what a browser would swallow. */
export class SseClient implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #decoder = new TextDecoder();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #text = "";

  /** Asks for an event stream; `response` tells what came instead. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const client = new SseClient();
    client.response = await fetch(url, { headers, signal: client.#abort.signal });
    client.#reader = client.response.body!.getReader();
    return client;
  }

  response!: Response;

  /** The next block; undefined when the stream has ended. */
  async next(): Promise<SseBlock | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return Object.fromEntries(
          block.split("\n").map((line) => {
            const colon = line.indexOf(":");
            return [line.slice(0, colon) || "comment", line.slice(colon + 1).trimStart()];
          }),
        );
      }
      const { value, done } = await this.#reader!.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next so many blocks that carry data. */
  async events(count: number): Promise<SseBlock[]> {
    const blocks: SseBlock[] = [];
    while (blocks.length < count) {
      const block = await this.next();
      if (!block) break;
      if (block.data !== undefined) blocks.push(block);
    }
    return blocks;
  }

  /** Cuts the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reader?.closed.catch(() => {});
  }
}

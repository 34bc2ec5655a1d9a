import { print } from "../../../src/cli/print.ts";
import type { BareStillsOptions, BareStillsResult } from "./bare_stills.ts";
import type { PredictClientsOptions, PredictClientsResult } from "./predict_clients.ts";
import type { SseClientsOptions, SseClientsResult } from "./sse_clients.ts";
import type { WebcamClientsOptions, WebcamClientsResult } from "./webcam_clients.ts";

/** The programs that play many clients, by name: what they are told and what they saw. */
export interface ClientPrograms {
  sse_clients: [SseClientsOptions, SseClientsResult];
  predict_clients: [PredictClientsOptions, PredictClientsResult];
  bare_stills: [BareStillsOptions, BareStillsResult];
  webcam_clients: [WebcamClientsOptions, WebcamClientsResult];
}

/** Many clients in a process of their own. They say a line when all are connected, and another when they are done. */
export class ClientProcess<K extends keyof ClientPrograms> {
  #child: Deno.ChildProcess;
  #lines: AsyncGenerator<string>;

  constructor(readonly program: K, options: ClientPrograms[K][0]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", new URL(`./${program}.ts`, import.meta.url).href, JSON.stringify(options)],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Resolves when all clients are connected. */
  async ready(): Promise<void> {
    await this.#line();
  }

  /** What they saw, once they are done. */
  async result(): Promise<ClientPrograms[K][1]> {
    const result = JSON.parse(await this.#line());
    await this.#child.status;
    return result;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.program} ended with code ${(await this.#child.status).code} and no result`);
    return value;
  }
}

/** What a client program answers with. */
export function answer(value: unknown): void {
  print(JSON.stringify(value));
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}

import { z } from "zod";
import type { IngestService, Sender } from "../core/services.ts";
import { ServiceError } from "../core/service_error.ts";
import type { Hub } from "../hub/hub.ts";
import type { Subscription } from "../hub/subscription.ts";
import { farewell } from "./ending.ts";
import { faultsOf } from "./faults.ts";
import type { ServerSocket } from "./http/server_socket.ts";
import { Wire } from "./ws/wire.ts";

/** What one sender's connection stands on. */
export interface IngestSessionOptions {
  id: string;
  ingest: IngestService;
  hub: Hub;
  /** Aborts when the server stops or the token expires. */
  signal: AbortSignal;
  /** Largest image. */
  frameBytes: number;
  onBegin(): void;
  /** Called once for every `onBegin`. */
  onEnd(): void;
}

/** Told of a sender that another one has taken the place of. */
export const REPLACED = 4001;
const GOING_AWAY = 1001;
const POLICY = 1008;
const TOO_BIG = 1009;

const TEXT_CHARS = 4096;
/** Results that may wait for a sender that does not read; past them its oldest go. */
const RESULTS = 32;

/** What may be said of the image that follows. */
export const aboutSchema = z.strictObject({
  capturedAt: z.union([
    z.number().min(0).max(8.64e15).describe("Unix milliseconds"),
    z.iso.datetime({ offset: true }),
  ]).optional().describe("when it was taken, by the sender's clock"),
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]).optional()
    .describe("clockwise turn that makes it upright; goes before what EXIF says"),
  mirrored: z.boolean().optional().describe("it shows the world as a mirror does, and is to be turned round"),
}).meta({ id: "IngestAbout", description: "What a sender says of the image that follows" });

type About = z.output<typeof aboutSchema>;

/** One sender on its socket: images come in, credits and results go out. */
export class IngestSession {
  #wire: Wire;
  #sender: Sender | undefined;
  #results: Subscription | undefined;
  #about: About = {};
  #begun = false;
  #ended = false;
  #stop = () => {
    const { code, reason } = farewell(this.options.signal);
    this.#close(code, reason);
  };

  constructor(socket: ServerSocket, private readonly options: IngestSessionOptions) {
    this.#wire = new Wire(socket);
    socket.listen({
      text: (text) => this.#takeText(text),
      bytes: (bytes) => this.#takeImage(bytes),
      closed: () => this.#end(),
    });
    void this.#begin();
  }

  async #begin(): Promise<void> {
    const { id, ingest, hub, signal, onBegin } = this.options;
    this.#begun = true;
    onBegin();
    signal.addEventListener("abort", this.#stop, { once: true });
    if (signal.aborted) return this.#stop();
    this.#results = hub.subscribe({ filter: { streams: [id], types: ["result"] }, capacity: RESULTS });
    try {
      const sender = await ingest.open(id, {
        grant: (credits) => this.#tell({ type: "credit", credits }),
        replaced: () => {
          this.#tell({ type: "replaced" });
          this.#wire.close(REPLACED, "Another sender has taken over");
        },
        refused: ({ code, message }) => this.#fault(code, message),
        closed: (reason) => this.#close(GOING_AWAY, reason),
      });
      if (this.#ended) return sender[Symbol.dispose]();
      this.#sender = sender;
    } catch (error) {
      const { code, message } = error instanceof ServiceError
        ? error
        : { code: "internal", message: "The server's log says more" };
      this.#fault(code, message);
      return this.#wire.close(POLICY, message.slice(0, 100));
    }
    await this.#sendResults(this.#results);
  }

  #takeImage(data: ArrayBuffer): void {
    const about = this.#about;
    this.#about = {};
    const { frameBytes } = this.options;
    if (data.byteLength > frameBytes) {
      this.#fault("too_large", `An image has ${data.byteLength} bytes; this server takes ${frameBytes}`);
      return this.#wire.close(TOO_BIG, "The image is too large");
    }
    const { capturedAt, rotation, mirrored } = about;
    const taken = this.#sender?.push({
      bytes: new Uint8Array(data),
      ...(capturedAt !== undefined && { capturedAtMs: new Date(capturedAt).getTime() }),
      ...(rotation !== undefined && { rotation }),
      ...(mirrored !== undefined && { mirrored }),
    });
    if (!taken) this.#fault("no_credit", "An image came without a credit and was dropped");
  }

  #takeText(text: string): void {
    if (text.length > TEXT_CHARS) return this.#fault("malformed", `A message has more than ${TEXT_CHARS} characters`);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return this.#fault("malformed", "A message is no JSON");
    }
    const about = aboutSchema.safeParse(json);
    if (about.success) this.#about = about.data;
    else {
      const words = faultsOf(about.error, json).map(({ path, message }) =>
        path === "" ? message : `${path}: ${message}`
      );
      this.#fault("invalid", words.slice(0, 5).join("; "));
    }
  }

  /** A sender that does not read its results loses the oldest of them, and is told. */
  async #sendResults(results: Subscription): Promise<void> {
    while (!this.#ended && this.#wire.open && !results.ended) {
      if (!this.#wire.room) {
        await this.#wire.whenRoom();
        continue;
      }
      const deliveries = results.take();
      for (const delivery of deliveries) {
        this.#wire.send("gap" in delivery ? JSON.stringify(delivery.gap) : delivery.json);
      }
      if (deliveries.length === 0) await results.wait();
    }
  }

  #tell(message: { type: string; [key: string]: unknown }): void {
    this.#wire.answer(JSON.stringify(message));
  }

  #fault(code: string, message: string): void {
    this.#tell({ type: "error", code, message });
  }

  #close(code: number, reason: string): void {
    this.#tell({ type: "closing", reason });
    this.#wire.close(code, reason);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.options.signal.removeEventListener("abort", this.#stop);
    this.#wire.release();
    this.#sender?.[Symbol.dispose]();
    this.#results?.[Symbol.dispose]();
    if (this.#begun) this.options.onEnd();
  }
}

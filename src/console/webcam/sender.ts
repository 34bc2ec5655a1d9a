import type { ResultEnvelope } from "../../core/results.ts";
import { RoundTrips } from "./round_trips.ts";
import { Unanswered } from "./unanswered.ts";

/** Why there is no connection and will be none before somebody does something. */
export class SenderRefused extends Error {
  override name = "SenderRefused";
}

/** One picture's answer. */
export interface SentAnswer {
  /** The very picture that the result is of. */
  picture: Blob;
  result: ResultEnvelope;
  /** From the moment it was taken to the moment its result was here. */
  roundTripMs: number;
}

/** How a sender stands. */
export interface SenderStatus {
  /** `lost`: it was connected or tried to be, and tries again. `ended`: it does not try again by itself. */
  state: "connecting" | "open" | "lost" | "ended";
  /** Why it is lost or ended. */
  reason?: string;
  /** When it tries again, Unix milliseconds. */
  retryAtMs?: number;
  /** The latest picture that the server did not take, and why. */
  fault?: string;
  sent: number;
  answered: number;
  /** Sent, but a later one was answered first, or the connection was gone before. */
  dropped: number;
  /** Sent, but no picture that the server takes. */
  refused: number;
  /** Pictures that may be sent now. */
  credits: number;
  roundTripMs?: number;
  roundTripP95Ms?: number;
}

/** What a {@link Sender} stands on. */
export interface SenderOptions {
  /**
   * Where to connect to, asked before every attempt: it makes the stream when there is none, and fetches a ticket when
   * one is needed. {@link SenderRefused} ends the sender; anything else is tried again.
   */
  address(): Promise<string>;
  /** The camera's picture of this moment; undefined when there is none yet. */
  capture(): Promise<Blob | undefined>;
  /** At most so many a second. */
  fps: number;
  onAnswer(answer: SentAnswer): void;
  onChange(status: SenderStatus): void;
  random?(): number;
}

const RETRY_FIRST_MS = 400;
const RETRY_MOST_MS = 8000;
/** Without an answer or a credit for so long the connection is taken for dead. */
const SILENCE_MS = 15_000;
const REPLACED = 4001;
const TOO_BIG = 1009;

/**
 * Sends a camera's pictures into a stream, each when the server asks for one, and hands every result over with the very
 * picture that it is of. A connection that is lost comes back by itself.
 */
export class Sender implements Disposable {
  #status: SenderStatus = { state: "connecting", sent: 0, answered: 0, dropped: 0, refused: 0, credits: 0 };
  #socket: WebSocket | undefined;
  #unanswered = new Unanswered();
  #roundTrips = new RoundTrips();
  #fps: number;
  #taking = false;
  #dueAtMs = 0;
  #lastCapturedAt = 0;
  #heardAtMs = 0;
  #failures = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #over = false;

  constructor(private readonly options: SenderOptions) {
    this.#fps = options.fps;
    void this.#connect();
  }

  /** How it stands. */
  get status(): SenderStatus {
    return this.#status;
  }

  /** Sends at most so many pictures a second from here on. */
  set fps(fps: number) {
    this.#fps = fps;
    this.#dueAtMs = 0;
    this.#sendSoon();
  }

  /** Tries again now: the network is back, or whoever took the stream over has gone. */
  retry(): void {
    if (this.#over || (this.#status.state !== "lost" && this.#status.state !== "ended")) return;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#retry);
    this.#letGo();
    this.#change({ state: "ended", retryAtMs: undefined, reason: undefined });
  }

  async #connect(): Promise<void> {
    if (this.#socket) return;
    this.#change({ state: this.#failures === 0 ? "connecting" : "lost", retryAtMs: undefined });
    let url: URL;
    try {
      url = new URL(await this.options.address(), globalThis.location?.href);
    } catch (error) {
      if (this.#over) return;
      const reason = error instanceof Error ? error.message : String(error);
      return error instanceof SenderRefused ? this.#change({ state: "ended", reason }) : this.#comeBack(reason);
    }
    if (this.#over || this.#socket) return;
    url.protocol = url.protocol.replace("http", "ws");
    const socket = this.#socket = new WebSocket(url);
    this.#heardAtMs = performance.now();
    this.#watch = setInterval(() => this.#look(), SILENCE_MS / 3);
    socket.onopen = () => socket === this.#socket && this.#change({ state: "open", reason: undefined });
    socket.onmessage = ({ data }) => socket === this.#socket && typeof data === "string" && this.#hear(data);
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#closed(code, reason);
  }

  #closed(code: number, reason: string): void {
    this.#letGo();
    if (code === REPLACED) return this.#change({ state: "ended", reason: "Another device sends under this name now" });
    if (code === TOO_BIG) return this.#change({ state: "ended", reason: "The pictures are too large for this server" });
    this.#comeBack(reason || "The connection is lost");
  }

  /** Forgets the connection and what was sent over it. */
  #letGo(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    clearInterval(this.#watch);
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#change({ credits: 0, dropped: this.#status.dropped + this.#unanswered.clear() });
  }

  #comeBack(reason: string): void {
    const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
    const waitMs = RETRY_FIRST_MS / 2 + (this.options.random ?? Math.random)() * most;
    this.#change({ state: "lost", reason, retryAtMs: Date.now() + waitMs });
    this.#retry = setTimeout(() => void this.#connect(), waitMs);
  }

  /** A network that is gone says so only to those who wait very long. */
  #look(): void {
    const expects = this.#status.state !== "open" || this.#status.credits === 0;
    if (!expects || performance.now() - this.#heardAtMs < SILENCE_MS) return;
    this.#letGo();
    this.#comeBack("The server is silent");
  }

  #hear(text: string): void {
    this.#heardAtMs = performance.now();
    const message = JSON.parse(text) as { type: string; credits: number; code: string; message: string };
    const { credits, refused } = this.#status;
    switch (message.type) {
      case "credit":
        this.#failures = 0;
        this.#change({ credits: credits + message.credits });
        return this.#sendSoon();
      case "result":
        return this.#answer(message as unknown as ResultEnvelope);
      case "replaced":
        // The close that follows does not always bring its code when pictures are on their way.
        return this.#closed(REPLACED, "");
      case "error":
        // Which picture it was is not said; it is found missing when a later one is answered.
        return this.#change({ fault: message.message, refused: refused + (this.#unanswered.size > 0 ? 1 : 0) });
    }
  }

  #answer(result: ResultEnvelope): void {
    const sent = this.#unanswered.take(result.capturedAt === undefined ? NaN : Date.parse(result.capturedAt));
    // Of a picture from before a break, or of somebody else's.
    if (!sent) return;
    const { picture, takenAtMs, overtaken } = sent;
    const roundTripMs = performance.now() - takenAtMs;
    this.#roundTrips.push(roundTripMs);
    this.#change({
      answered: this.#status.answered + 1,
      dropped: this.#status.dropped + overtaken,
      roundTripMs: this.#roundTrips.at(0.5),
      roundTripP95Ms: this.#roundTrips.at(0.95),
    });
    this.options.onAnswer({ picture, result, roundTripMs });
  }

  /** Sends the next picture when it is time, if the server has asked for one. */
  #sendSoon(): void {
    if (this.#taking || this.#due !== undefined) return;
    if (this.#status.credits === 0 || this.#socket?.readyState !== WebSocket.OPEN) return;
    const waitMs = this.#dueAtMs - performance.now();
    if (waitMs <= 0) return void this.#send(this.#socket);
    this.#due = setTimeout(() => {
      this.#due = undefined;
      this.#sendSoon();
    }, waitMs);
  }

  async #send(socket: WebSocket): Promise<void> {
    this.#taking = true;
    const takenAtMs = performance.now();
    const periodMs = 1000 / this.#fps;
    // A late one does not make the next ones hurry.
    this.#dueAtMs = Math.max(this.#dueAtMs + periodMs, takenAtMs + periodMs / 2);
    try {
      const capturedAt = this.#lastCapturedAt = Math.max(Date.now(), this.#lastCapturedAt + 1);
      const picture = await this.options.capture();
      const bytes = await picture?.arrayBuffer();
      if (!picture || !bytes || socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify({ capturedAt }));
      socket.send(bytes);
      const lost = this.#unanswered.add(capturedAt, { picture, takenAtMs });
      const { sent, credits, dropped } = this.#status;
      this.#change({ sent: sent + 1, credits: credits - 1, dropped: dropped + lost });
    } catch (error) {
      this.#change({ fault: `Cannot take a picture: ${error instanceof Error ? error.message : error}` });
    } finally {
      this.#taking = false;
      this.#sendSoon();
    }
  }

  #change(change: Partial<SenderStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.options.onChange(this.#status);
  }
}

import { nowMs } from "../src/core/clock.ts";
import type { Inferred, Turn, TurnInput, TurnRequest, Turns } from "../src/core/inference.ts";
import { OpenTurn } from "./open_turn.ts";
import type {
  AnswerMessage,
  DecodedImage,
  FrameMessage,
  GrantMessage,
  ImageMessage,
  OfferMessage,
  RunAnswer,
} from "./protocol.ts";

interface Asked {
  model: string;
  askedAtMs: number;
  request: TurnRequest;
}

/** An image as it came, to be decoded by the replica that runs it. */
export type ImageInput = Pick<ImageMessage, "bytes" | "header" | "overrides">;

/** What came of such an image. */
export type ImageRun = (RunAnswer & { image: DecodedImage }) | { error: string; undecodable?: boolean };

/** A turn that takes a frame, or an image where the replica decodes images itself. */
export interface ClientTurn extends Turn {
  /** Rejects only when the replica is lost, or gives no answer in time. */
  runImage(input: ImageInput): Promise<ImageRun>;
}

interface WaitingOffer extends Asked {
  resolve(turn: ClientTurn): void;
  reject(error: unknown): void;
}

interface PendingRun {
  replica: number;
  overdueAtMs: number;
  answered(answer: AnswerMessage): void;
  /** With its replica, and all that was sent there. */
  lost(reason: string): void;
}

/** Overdue runs are looked for so often in the time that they have: a timer for each would cost more than they do. */
const LOOKS_PER_TIMEOUT = 20;

/** How a {@link TurnClient} reaches the others. */
export interface TurnClientOptions {
  dispatcher: MessagePort;
  /** A run that has not answered by then is given up and its replica reported. */
  answerTimeoutMs: number;
  onOverdue(replica: number): void;
}

/**
 * A stream worker's side of inference: offers go to the dispatcher, grants come back, frames go straight to the
 * granted replica and their buffers come home with the answer.
 */
export class TurnClient implements Turns, Disposable {
  #offers = new Map<number, WaitingOffer>();
  #runs = new Map<number, PendingRun>();
  #ports = new Map<number, MessagePort>();
  /** By model, the turns that may lie open. */
  #open = new Map<string, { replica: number; turn: OpenTurn }[]>();
  #gone = new Set<number>();
  /** Grants that overtook the port of their replica: both come by different ways. */
  #early = new Map<number, GrantMessage[]>();
  #hopeless = new Map<string, string>();
  #key = 0;
  #dispatcher: MessagePort;
  #overdue: ReturnType<typeof setInterval>;
  /** What to call off when a signal aborts; each signal is listened to once, however many requests it covers. */
  #abandons = new WeakMap<AbortSignal, Map<number, () => void>>();

  constructor(private readonly options: TurnClientOptions) {
    this.#overdue = setInterval(() => this.#loseOverdue(), options.answerTimeoutMs / LOOKS_PER_TIMEOUT);
    this.#dispatcher = options.dispatcher;
    this.#dispatcher.onmessage = ({ data }: MessageEvent<GrantMessage>) => this.#granted(data);
  }

  /** Another dispatcher has taken the place of one that died; it knows of no offer. */
  setDispatcher(port: MessagePort): void {
    this.#dispatcher.close();
    this.#dispatcher = port;
    port.onmessage = ({ data }: MessageEvent<GrantMessage>) => this.#granted(data);
    for (const [key, offer] of this.#offers) this.#offer(key, offer);
  }

  /** A replica can be reached through this port; where the model's next turn may lie open, it is taken there. */
  addReplica(replica: number, port: MessagePort, open?: { model: string; turn: SharedArrayBuffer }): void {
    this.#ports.set(replica, port);
    if (open) {
      const turn = new OpenTurn(open.turn);
      this.#open.set(open.model, [...this.#open.get(open.model) ?? [], { replica, turn }]);
    }
    port.onmessage = ({ data }: MessageEvent<AnswerMessage>) => this.#answered(data);
    this.#replay(replica);
  }

  /** A replica died: what it still had to answer fails, and its buffers are lost. */
  removeReplica(replica: number, reason: string): void {
    this.#ports.get(replica)?.close();
    this.#ports.delete(replica);
    this.#gone.add(replica);
    for (const [model, turns] of this.#open) {
      const others = turns.filter((turn) => turn.replica !== replica);
      if (others.length > 0) this.#open.set(model, others);
      else this.#open.delete(model);
    }
    this.#replay(replica);
    for (const [key, run] of this.#runs) {
      if (run.replica === replica) this.#lose(key, run, reason);
    }
  }

  /** No replica of the model will come back: who waits, and who will ask, is told why. */
  refuse(model: string, reason: string): void {
    this.#hopeless.set(model, reason);
    for (const [key, offer] of this.#offers) {
      if (offer.model !== model) continue;
      this.#offers.delete(key);
      this.#tellDispatcher({ type: "withdraw", key });
      offer.reject(new Error(reason));
    }
  }

  /** A model is unloaded: nothing needs to be remembered of it. */
  forgetModel(model: string): void {
    this.#hopeless.delete(model);
  }

  /** A stream is gone: nothing needs to be remembered of it. */
  forget(stream: string): void {
    for (const port of this.#ports.values()) port.postMessage({ type: "forget", stream } satisfies FrameMessage);
  }

  request(model: string, request: TurnRequest, signal: AbortSignal): Promise<ClientTurn> {
    const reason = this.#hopeless.get(model);
    if (reason !== undefined) return Promise.reject(new Error(reason));
    if (signal.aborted) return Promise.reject(signal.reason);
    const key = ++this.#key;
    const taken = request.spare ? undefined : this.#takeOpen(key, model, request);
    if (taken) return Promise.resolve(taken);
    return new Promise((resolve, reject) => {
      const abandons = this.#abandonsOf(signal);
      abandons.set(key, () => {
        this.#offers.delete(key);
        this.#tellDispatcher({ type: "withdraw", key });
        reject(signal.reason);
      });
      this.#offer(key, {
        model,
        askedAtMs: nowMs(),
        request,
        resolve: (turn) => {
          abandons.delete(key);
          resolve(turn);
        },
        reject: (error) => {
          abandons.delete(key);
          reject(error);
        },
      });
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#overdue);
    for (const [key, run] of this.#runs) this.#lose(key, run, "The stream worker stops");
    for (const offer of this.#offers.values()) offer.reject(new Error("The stream worker stops"));
    this.#offers.clear();
    for (const port of this.#ports.values()) port.close();
    this.#dispatcher.close();
  }

  #abandonsOf(signal: AbortSignal): Map<number, () => void> {
    let abandons = this.#abandons.get(signal);
    if (!abandons) {
      const own = abandons = new Map();
      this.#abandons.set(signal, own);
      signal.addEventListener("abort", () => {
        for (const abandon of own.values()) abandon();
        own.clear();
      }, { once: true });
    }
    return abandons;
  }

  /** A turn that lies open, where one does: nobody waits for it. */
  #takeOpen(key: number, model: string, request: TurnRequest): ClientTurn | undefined {
    const atMs = nowMs();
    for (const { replica, turn } of this.#open.get(model) ?? []) {
      const taken = turn.take(request.late ? atMs : Number.POSITIVE_INFINITY);
      if (!taken) continue;
      const grant = { keys: [key], replica, of: 1, atMs, ...taken };
      return this.#turn(key, grant, { model, askedAtMs: atMs, request });
    }
  }

  #offer(key: number, offer: WaitingOffer): void {
    this.#offers.set(key, offer);
    const { model, request } = offer;
    this.#tellDispatcher({ type: "offer", key, model, ...request });
  }

  #replay(replica: number): void {
    const grants = this.#early.get(replica) ?? [];
    this.#early.delete(replica);
    for (const grant of grants) this.#granted(grant);
  }

  #granted(grant: GrantMessage): void {
    const { keys, replica } = grant;
    const port = this.#ports.get(replica);
    if (!port && !this.#gone.has(replica)) {
      this.#early.set(replica, [...this.#early.get(replica) ?? [], grant]);
      return;
    }
    for (const key of keys) this.#grantedOne(key, grant, port);
  }

  #grantedOne(key: number, grant: GrantMessage, port: MessagePort | undefined): void {
    const offer = this.#offers.get(key);
    if (!offer) return this.#pass(grant);
    this.#offers.delete(key);
    // The replica went down between the grant and now; the offer waits for another one.
    if (!port) return this.#offer(key, offer);
    offer.resolve(this.#turn(key, grant, offer));
  }

  #turn(key: number, grant: GrantMessage, asked: Asked): ClientTurn {
    return {
      expectedMs: grant.expectedMs,
      waitedMs: Math.max(0, grant.atMs - asked.askedAtMs),
      pass: () => this.#pass(grant),
      run: (input) => this.#run(key, grant, asked, input),
      runImage: (input) => this.#runImage(key, grant, asked, input),
    };
  }

  #pass({ replica, batch, of }: GrantMessage): void {
    this.#ports.get(replica)?.postMessage({ type: "pass", batch, of } satisfies FrameMessage);
  }

  #run(key: number, grant: GrantMessage, offer: Asked, input: TurnInput): Promise<Inferred> {
    const { replica, batch, of, atMs } = grant;
    const { buffer, placement, overrides, memory, home } = input;
    const port = this.#ports.get(replica);
    // The replica went down while the frame was prepared: nothing is lost yet, another one takes it.
    if (!port) {
      return this.#again(offer).then((turn) => turn.run(input), (error) => {
        home.give(buffer);
        throw error;
      });
    }
    return new Promise((resolve, reject) => {
      const now = nowMs();
      this.#runs.set(key, {
        replica,
        overdueAtMs: now + this.options.answerTimeoutMs,
        answered(answer) {
          if ("buffer" in answer) home.give(answer.buffer);
          if ("error" in answer) reject(new Error(answer.error));
          else resolve(answer);
        },
        lost(reason) {
          home.forget();
          reject(new Error(reason));
        },
      });
      const message: FrameMessage = {
        type: "frame",
        key,
        batch,
        of,
        buffer,
        placement,
        overrides,
        ...(memory && { memory }),
        leadMs: now - atMs,
      };
      port.postMessage(message, [buffer]);
    });
  }

  #runImage(key: number, grant: GrantMessage, offer: Asked, input: ImageInput): Promise<ImageRun> {
    const { replica, batch, of, atMs } = grant;
    const port = this.#ports.get(replica);
    if (!port) return this.#again(offer).then((turn) => turn.runImage(input));
    return new Promise((resolve, reject) => {
      const now = nowMs();
      this.#runs.set(key, {
        replica,
        overdueAtMs: now + this.options.answerTimeoutMs,
        answered: (answer) => resolve(answer as ImageRun),
        lost: (reason) => reject(new Error(reason)),
      });
      const message: FrameMessage = { type: "image", key, batch, of, ...input, leadMs: now - atMs };
      port.postMessage(message, [input.bytes.buffer]);
    });
  }

  #again({ model, request }: Asked): Promise<ClientTurn> {
    return this.request(model, request, new AbortController().signal);
  }

  /** Runs that have had their time are given up, and their replicas reported. */
  #loseOverdue(): void {
    const now = nowMs();
    for (const [key, run] of this.#runs) {
      // Runs are kept in the order in which they began.
      if (run.overdueAtMs > now) return;
      this.#lose(key, run, `The model gave no answer within ${this.options.answerTimeoutMs} ms`);
      this.options.onOverdue(run.replica);
    }
  }

  #answered(answer: AnswerMessage): void {
    const run = this.#runs.get(answer.key);
    this.#runs.delete(answer.key);
    run?.answered(answer);
  }

  #lose(key: number, run: PendingRun, reason: string): void {
    this.#runs.delete(key);
    run.lost(reason);
  }

  #tellDispatcher(message: OfferMessage): void {
    this.#dispatcher.postMessage(message);
  }
}

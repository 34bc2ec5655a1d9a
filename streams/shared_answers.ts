import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ModelOutput } from "../src/core/results.ts";

/** Where several servers remember answers together. */
export interface SharedAnswersOptions {
  /** `redis://[user:password@]host[:port][/database]`. */
  url: string;
  /** How long an answer is waited for; the model would take longer, or it is not worth asking. */
  timeoutMs: number;
  /** An answer is forgotten after so many seconds. */
  keepS: number;
}

/** Answers of one session that are looked through. */
const PER_SESSION = 16;
/** Answers that are larger stay here. */
const BYTES = 65_536;
/** Answers on their way at once; more are not worth remembering. */
const UNDER_WAY = 64;
/** A Redis that is away is looked for again after so long. */
const RETRY_MS = 5000;
/** One that was too slow once is left alone for so long, and with it whoever would wait. */
const PAUSE_MS = 1000;
const NAME = "weir:similar:";

type Client = Awaited<ReturnType<typeof connected>>;

/**
 * Answers that servers of one kind remember together, in Redis. It is never more than a help: what takes too long, is
 * away, or makes no sense is an answer that nobody knows.
 */
export class SharedAnswers implements Disposable {
  #client?: Client;
  #connecting?: Promise<void>;
  /** Nothing is asked before. */
  #againAtMs = 0;
  #underWay = 0;
  #closed = false;

  constructor(private readonly options: SharedAnswersOptions) {}

  /** An answer of that session, by models of that digest, to a vector at least so similar; the nearest there is. */
  async find(place: AnswersPlace, vector: Float32Array, similarity: number): Promise<ModelOutput | undefined> {
    const texts = await this.#ask((client) => client.lRange(keyOf(place), 0, PER_SESSION - 1));
    let best: { text: string; cosine: number } | undefined;
    for (const text of texts ?? []) {
      const space = text.indexOf(" ");
      const cosine = cosineOf(text.slice(0, space), vector);
      if (cosine >= (best?.cosine ?? similarity)) best = { text: text.slice(space + 1), cosine };
    }
    return best && answerOf(best.text);
  }

  /** Lets the others know; nobody waits for it. */
  store(place: AnswersPlace, vector: Float32Array, answer: ModelOutput): void {
    const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    const text = `${bytes.toString("base64")} ${JSON.stringify(answer)}`;
    if (text.length > BYTES) return;
    const key = keyOf(place);
    void this.#ask((client) =>
      client.multi().lPush(key, text).lTrim(key, 0, PER_SESSION - 1).expire(key, Math.ceil(this.options.keepS)).exec()
    );
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#drop();
  }

  async #ask<T>(question: (client: Client) => Promise<T>): Promise<T | undefined> {
    const client = this.#ready();
    if (!client || this.#underWay >= UNDER_WAY) return undefined;
    this.#underWay++;
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), this.options.timeoutMs);
    try {
      const answer = question(client);
      // Whoever waits no longer must not be told of its end either.
      answer.catch(() => {});
      const got = await Promise.race([answer, late]);
      if (got !== "late") return got;
      this.#againAtMs = performance.now() + PAUSE_MS;
    } catch {
      this.#drop();
    } finally {
      clearTimeout(timer);
      this.#underWay--;
    }
  }

  /** The connection, where there is one; who asks does not wait for it to be made. */
  #ready(): Client | undefined {
    if (this.#closed || performance.now() < this.#againAtMs) return undefined;
    if (this.#client?.isReady) return this.#client;
    this.#connecting ??= connected(this.options).then((client) => {
      if (this.#closed) client.destroy();
      else this.#client = client;
    }, () => {
      this.#againAtMs = performance.now() + RETRY_MS;
    }).finally(() => this.#connecting = undefined);
    return undefined;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#againAtMs = performance.now() + RETRY_MS;
    try {
      client?.destroy();
    } catch {
      // It was closed already.
    }
  }
}

/** Whose answers: of which models, and within which session. */
export interface AnswersPlace {
  digest: string;
  session: string;
}

/** What is in a session's name is nobody's business in Redis, nor is its length. */
function keyOf({ digest, session }: AnswersPlace): string {
  return `${NAME}${createHash("sha256").update(`${digest}\n${session}`).digest("hex")}`;
}

async function connected({ url, timeoutMs }: SharedAnswersOptions) {
  // Loaded when it is needed: it takes a fifth of a second, which most programs need not wait for.
  const { createClient } = await import("redis");
  const client = createClient({
    url,
    socket: { connectTimeout: Math.max(1000, timeoutMs), reconnectStrategy: false },
    disableOfflineQueue: true,
    commandsQueueMaxLength: UNDER_WAY * 4,
  });
  // Its calls fail with the same.
  client.on("error", () => {});
  await client.connect();
  return client;
}

function cosineOf(text: string, vector: Float32Array): number {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== vector.byteLength) return -Infinity;
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += bytes.readFloatLE(4 * i) * vector[i];
  return Number.isFinite(sum) ? sum : -Infinity;
}

/** What others wrote is believed as far as it is an answer at all. */
function answerOf(text: string): ModelOutput | undefined {
  try {
    const answer = JSON.parse(text);
    return typeof answer?.model === "string" ? answer : undefined;
  } catch {
    return undefined;
  }
}

import { Problem } from "../problem.ts";
import type { Route } from "../route.ts";

/** What kinds of requests are counted apart. */
export type RateClass = "reads" | "writes" | "streams" | "logins";

/** How many of each a minute; as many may come at once. */
export type Rates = Readonly<Record<RateClass, number>>;

interface Bucket {
  tokens: number;
  atMs: number;
}

const WORDS: Record<RateClass, string> = {
  reads: "requests",
  writes: "changes",
  streams: "opened streams",
  logins: "failed logins",
};

/**
 * Token buckets by caller and class. Only so many are kept: the one that was not asked for longest leaves, which does
 * its owner a favour at most.
 */
export class RateLimit {
  #buckets = new Map<string, Bucket>();
  #rates: Rates;
  #most: number;
  #now: () => number;

  constructor(options: { rates: Rates; most?: number; now: () => number }) {
    this.#rates = options.rates;
    this.#most = options.most ?? 10_000;
    this.#now = options.now;
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Counts one; throws the problem when it is one too many. */
  take(kind: RateClass, key: string): void {
    const bucket = this.#bucket(kind, key);
    if (bucket.tokens < 1) throw this.#problem(kind, bucket);
    bucket.tokens -= 1;
  }

  /** Throws when one more would be too many, and counts nothing. */
  check(kind: RateClass, key: string): void {
    const bucket = this.#buckets.get(`${kind} ${key}`);
    if (!bucket) return;
    this.#fill(kind, bucket);
    if (bucket.tokens < 1) throw this.#problem(kind, bucket);
  }

  #bucket(kind: RateClass, key: string): Bucket {
    const name = `${kind} ${key}`;
    const bucket = this.#buckets.get(name) ?? { tokens: this.#rates[kind], atMs: this.#now() };
    this.#fill(kind, bucket);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.#most) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }

  #fill(kind: RateClass, bucket: Bucket): void {
    const now = this.#now();
    const gained = Math.max(0, now - bucket.atMs) * this.#rates[kind] / 60_000;
    bucket.tokens = Math.min(this.#rates[kind], bucket.tokens + gained);
    bucket.atMs = now;
  }

  #problem(kind: RateClass, { tokens }: Bucket): Problem {
    const waitS = Math.max(1, Math.ceil((1 - tokens) * 60 / this.#rates[kind]));
    const message = `More than ${this.#rates[kind]} ${WORDS[kind]} a minute; try again in ${waitS} s`;
    return new Problem("rate_limited", message, { headers: { "retry-after": `${waitS}` } });
  }
}

/** What a request counts as. What a viewer may do changes nothing, by whatever method. */
export function rateClass(request: Request, route: Route | undefined): RateClass {
  if (route?.kind) return "streams";
  const reads = request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
  return reads || route?.role === "viewer" || route?.role === "public" ? "reads" : "writes";
}

import { readFile } from "node:fs/promises";
import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters } from "jose";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { isLoopback } from "./hosts.ts";

const MAX_BYTES = 1024 * 1024;
const FETCH_MS = 5000;

/** Public keys as their issuer publishes them (RFC 7517); what else it says of them is its own affair. */
const jwksSchema = z.object({
  keys: z.array(z.looseObject({ kty: z.string() })).min(1).max(1000),
});

type Keys = ReturnType<typeof createLocalJWKSet>;

/** Where public keys come from. */
export interface KeySetOptions {
  /** A file, or an https URL (http on this machine only). */
  jwks: string;
  now: () => number;
  /** Keys older than this are fetched again. Default 10 minutes. */
  maxAgeMs?: number;
  /** No two fetches come closer than this. Default 30 s. */
  cooldownMs?: number;
  /** Told once when fetches begin to fail, with why, and once, without, when they succeed again. */
  onKeys?(failure: Error | undefined): void;
}

/**
 * The public keys of an issuer. They are fetched again when they are old, or when a token names one that is not among
 * them; when that fails, those that are known stay good.
 */
export class KeySet {
  #keys: Keys | undefined;
  #freshMs = -Infinity;
  #triedMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #failure: Error | undefined;
  #load: () => Promise<string>;

  constructor(private readonly options: KeySetOptions) {
    this.#load = loader(options.jwks);
  }

  /** Why the latest fetch failed; undefined when it did not. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The key that a token's header asks for; throws jose's errors when there is none, or 503 before the first fetch. */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    const { now, maxAgeMs = 600_000 } = this.options;
    if (!this.#keys) await this.#refresh();
    // Nobody waits for newer keys while those at hand will do.
    else if (now() - this.#freshMs > maxAgeMs) void this.#refresh();
    if (!this.#keys) {
      throw new Problem("unavailable", "The keys that sign tokens cannot be had at the moment; try again", {
        cause: this.#failure,
        headers: { "retry-after": "30" },
      });
    }
    try {
      return await this.#keys(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return await this.#keys(header);
    }
  }

  /** Fetches anew unless that was just tried; never throws. */
  #refresh(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const { now, cooldownMs = 30_000 } = this.options;
    if (now() - this.#triedMs < cooldownMs) return Promise.resolve();
    this.#triedMs = now();
    this.#fetching = this.#fetch().finally(() => this.#fetching = undefined);
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      const parsed = jwksSchema.parse(JSON.parse(await this.#load()));
      this.#keys = createLocalJWKSet(parsed);
      this.#freshMs = this.options.now();
      this.#fail(undefined);
    } catch (cause) {
      this.#fail(new Error(`Cannot read the keys of auth.jwt.jwks: ${(cause as Error).message}`, { cause }));
    }
  }

  /** An outage is told once, however many fetches fail in it and of whatever. */
  #fail(failure: Error | undefined): void {
    const was = this.#failure;
    this.#failure = failure;
    if ((was === undefined) !== (failure === undefined)) this.options.onKeys?.(failure);
  }
}

function loader(jwks: string): () => Promise<string> {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(jwks)) return () => readFile(jwks, "utf8");
  const url = new URL(jwks);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw new TypeError("Cannot use auth.jwt.jwks: keys are only trusted from a file or over https");
  }
  return () => download(url);
}

async function download(url: URL): Promise<string> {
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_MS),
    headers: { accept: "application/jwk-set+json, application/json" },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the answer is ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    // Leaving the loop cancels the rest.
    if (size > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return await new Blob(parts as Uint8Array<ArrayBuffer>[]).text();
}

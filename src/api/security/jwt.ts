import { createSecretKey, type KeyObject } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions, type JWTVerifyResult } from "jose";
import type { z } from "zod";
import type { authSchema } from "../../../config/server_schema.ts";
import { Problem } from "../problem.ts";
import { type Role, ROLES } from "../route.ts";
import { KeySet } from "./key_set.ts";

/** Whose signed tokens are believed, and what in them is a role. */
export type JwtOptions = NonNullable<z.infer<typeof authSchema>["jwt"]>;

/** What a signed token says, once it is believed. */
export interface JwtIdentity {
  /** Its subject. */
  subject: string;
  role: Role;
  /** From when on it would not be believed any more, Unix milliseconds. */
  expiresAtMs: number;
}

/** What believing stands on. */
export interface JwtContext {
  /** Milliseconds of a clock that never steps back. */
  now: () => number;
  /** Told once when the keys cannot be had any more, with why, and once, without, when they can again. */
  onKeys?(failure: Error | undefined): void;
}

const SKEW_S = 10;
const PUBLIC_KEY_ALGORITHMS = ["RS256", "ES256", "EdDSA", "Ed25519"];

/**
 * Believes signed tokens. Which algorithms are taken follows from the kind of key that is configured, never from the
 * token: with a secret HS256 alone, with public keys none that a secret could be made of.
 */
export class Jwt {
  #verify: (token: string) => Promise<JWTVerifyResult>;
  #roleClaim: string;

  constructor(options: JwtOptions, { now, onKeys }: JwtContext) {
    const { secret, jwks, issuer, audience, roleClaim } = options;
    const checks: JWTVerifyOptions = { issuer, audience, clockTolerance: SKEW_S, requiredClaims: ["exp"] };
    this.#roleClaim = roleClaim;
    if (secret !== undefined) {
      const key: KeyObject = createSecretKey(new TextEncoder().encode(secret));
      this.#verify = (token) => jwtVerify(token, key, { ...checks, algorithms: ["HS256"] });
    } else {
      const keys = new KeySet({ jwks: jwks!, now, ...(onKeys && { onKeys }) });
      this.#verify = (token) => verifyWith(keys, token, { ...checks, algorithms: PUBLIC_KEY_ALGORITHMS });
    }
  }

  /**
   * Who a token speaks for; undefined when it is not to be believed. One that is, but names no role that there is, is
   * turned away by a problem: an issuer may serve a whole company, and its signature alone is no invitation.
   */
  async identify(token: string): Promise<JwtIdentity | undefined> {
    let payload: JWTPayload;
    try {
      ({ payload } = await this.#verify(token));
    } catch (error) {
      // Anything but a problem with the keys' source lies in the token: its form, its claims, a key that does not fit.
      if (error instanceof Problem) throw error;
      return undefined;
    }
    const role = highest(claim(payload, this.#roleClaim));
    if (role) return { subject: subjectOf(payload), role, expiresAtMs: (payload.exp! + SKEW_S) * 1000 };
    throw new Problem(
      "role",
      `Your token is good, but its claim "${this.#roleClaim}" holds none of the roles ${ROLES.join(", ")}`,
    );
  }
}

async function verifyWith(keys: KeySet, token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, (header) => keys.find(header), options);
  } catch (error) {
    // A token that names no key may fit any of several.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** A claim by its name, or else by a path with dots (`realm_access.roles`). */
function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function highest(value: unknown): Role | undefined {
  const named = Array.isArray(value) ? value : [value];
  return ROLES.findLast((role) => named.includes(role));
}

/** For logs and limits: short, and without what could break a line. */
function subjectOf({ sub }: JWTPayload): string {
  // deno-lint-ignore no-control-regex
  const clean = (sub ?? "").replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "").slice(0, 128);
  return clean === "" ? "jwt" : clean;
}

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import type { authSchema } from "../../../config/server_schema.ts";
import type { Role } from "../route.ts";

/** A token as it is configured. */
export type TokenOptions = z.infer<typeof authSchema>["tokens"][number];

interface Known {
  name: string;
  role: Role;
  digest: Uint8Array;
}

/** The named tokens of a server. Only their digests are kept. */
export class Tokens {
  #known: readonly Known[];

  /** Reads the tokens' files; throws when one cannot be used. */
  constructor(tokens: readonly TokenOptions[]) {
    this.#known = tokens.map(known);
    tokens.forEach(({ name }, index) => {
      const digest = this.#known[index].digest;
      for (const other of this.#known.slice(0, index)) {
        if (other.name === name) throw new TypeError(`Cannot use auth.tokens: two are called ${name}`);
        if (timingSafeEqual(other.digest, digest)) {
          throw new TypeError(`Cannot use auth.tokens: ${other.name} and ${name} are the same token`);
        }
      }
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#known.length;
  }

  /** Whose token it is. All are compared in full, so that the time tells nothing. */
  find(token: string): { name: string; role: Role } | undefined {
    const digest = digestOf(token);
    let found: Known | undefined;
    for (const known of this.#known) {
      if (timingSafeEqual(known.digest, digest)) found = known;
    }
    return found && { name: found.name, role: found.role };
  }
}

function known({ name, token, file, role }: TokenOptions): Known {
  const text = token ?? read(name, file!);
  const fail = (why: string) => new TypeError(`Cannot use the token ${name}: ${why}`);
  if (text.length < 16) throw fail("it has fewer than 16 characters");
  if (!/^[\x21-\x7e]+$/.test(text)) throw fail("it holds characters that no header can carry");
  return { name, role, digest: digestOf(text) };
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new Error(`Cannot read the token ${name} from ${file}: ${(cause as Error).message}`, { cause });
  }
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

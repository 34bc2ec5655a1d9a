import { redactUrls } from "../core/redact.ts";

/** What a line says besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Plain JSON. */
export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

const HIDDEN = "***";
const DEPTH_MAX = 6;
const ITEMS_MAX = 64;
/** A line's texts come to no more than this many characters, so that the lines that wait have a bound in memory. */
const CHARACTERS_MAX = 8192;

const SECRET_KEY = /token|passw|pwd|passphrase|secret|authori[sz]ation|cookie|credential|jwt|(?:api|private)[-_]?key/i;
const SECRET_WORDS =
  /\b((?:[\w-]{0,32})(?:token|password|passwd|pwd|secret|api[-_]?key))(["']?\s*[=:]\s*["']|[=:])([^\s"',;&]+)/gi;
const AUTHORIZATION = /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:(?:basic|bearer|digest)\s+)?[^\s"',]+/gi;
const BEARER = /\b(bearer\s+)[\w.~+/=-]{8,}/gi;
const JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** Every secret has one of these in it or before it; one look spares most texts the others. */
const MAYBE_SECRET = /[@=]|bearer|authori|eyJ|token|passw|pwd|secret|key/i;

/** A text for the log: nothing in it is secret, and it is not endless. */
export function cleanText(text: string, room: number = CHARACTERS_MAX): string {
  const cut = text.length > room;
  // Half an address could hide where its password ends: what the cut goes through leaves whole.
  const kept = cut ? text.slice(0, lastGap(text, room)) : text;
  const clean = MAYBE_SECRET.test(kept) ? withoutSecrets(kept.toWellFormed()) : kept.toWellFormed();
  return cut ? `${clean}… (${text.length} characters)` : clean;
}

function withoutSecrets(text: string): string {
  return redactUrls(text)
    .replace(AUTHORIZATION, `$1${HIDDEN}`)
    .replace(BEARER, `$1${HIDDEN}`)
    .replace(JWT, HIDDEN)
    .replace(SECRET_WORDS, `$1$2${HIDDEN}`);
}

/** Where the last word before the end of the room begins; looked for backwards, as no expression does in linear time. */
function lastGap(text: string, room: number): number {
  let end = Math.max(0, room);
  while (end > 0 && !/\s/.test(text[end - 1])) end--;
  return end;
}

/** The fields as plain data: secrets masked, depth and size bounded, whatever they were. */
export function cleanFields(fields: LogFields): Record<string, Plain> {
  return new Cleaner().object(fields, 0);
}

class Cleaner {
  #room = CHARACTERS_MAX;
  #path = new Set<object>();

  object(value: object, depth: number): Record<string, Plain> {
    const plain: Record<string, Plain> = {};
    let count = 0;
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
      if (++count > ITEMS_MAX) break;
      plain[this.#text(key)] = SECRET_KEY.test(key) ? HIDDEN : this.#value(item, depth + 1);
    }
    return plain;
  }

  #value(value: unknown, depth: number): Plain {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
        return value;
      case "bigint":
        return String(value);
      case "object":
        return value === null ? null : this.#thing(value, depth);
      default:
        return null;
    }
  }

  #thing(value: object, depth: number): Plain {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof URL) return this.#text(value.href);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
    if (this.#path.has(value) || depth > DEPTH_MAX) return "…";
    this.#path.add(value);
    try {
      if (value instanceof Error) return this.#error(value, depth);
      if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => this.#value(item, depth + 1));
      if (value instanceof Map) return this.object(Object.fromEntries(value), depth);
      if (value instanceof Set) return [...value].slice(0, ITEMS_MAX).map((item) => this.#value(item, depth + 1));
      return this.object(value, depth);
    } finally {
      this.#path.delete(value);
    }
  }

  #error(error: Error, depth: number): Plain {
    const { name, message, cause } = error;
    const code = (error as { code?: unknown }).code;
    return {
      name: this.#text(String(name)),
      message: this.#text(String(message)),
      ...(typeof code === "string" && { code: this.#text(code) }),
      ...(cause !== undefined && { cause: this.#value(cause, depth + 1) }),
    };
  }

  #text(text: string): string {
    const clean = cleanText(text, this.#room);
    this.#room -= clean.length;
    return clean;
  }
}

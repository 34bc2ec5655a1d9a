import { Problem } from "./problem.ts";

/** Deeper than anything that somebody means. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** JSON from outside: refuses what is nested too deep before it is parsed, and says where what is no JSON breaks off. */
export function parseJson(bytes: Uint8Array): unknown {
  if (isDeep(bytes)) {
    throw new Problem("malformed", `The body is nested deeper than the ${MAX_DEPTH} levels that this server reads`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("malformed", "The body is not UTF-8", { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's own message quotes the text, which may hold a password.
    throw new Problem("malformed", `The body is no JSON: it breaks off at ${placeOf(text, faultPosition(text))}`, {
      cause,
    });
  }
}

function isDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (OPEN.has(byte)) {
      if (++depth > MAX_DEPTH) return true;
    } else if (CLOSE.has(byte)) depth--;
  }
  return false;
}

function placeOf(text: string, position: number): string {
  if (position >= text.length) return "its end";
  const before = text.slice(0, position).split("\n");
  return `line ${before.length}, column ${before.at(-1)!.length + 1} (position ${position})`;
}

/** Where a text stops being JSON; its length when it only lacks an end. */
export function faultPosition(text: string): number {
  const open: string[] = [];
  let at = 0;
  let want: "value" | "key" | "next" = "value";
  /** Right after an opening bracket the closing one may follow. */
  let fresh = false;
  const skip = () => {
    while (at < text.length && " \t\n\r".includes(text[at])) at++;
  };
  for (;;) {
    skip();
    if (at >= text.length) return at;
    const char = text[at];
    if (want === "next" || fresh) {
      if (open.length > 0 && char === open.at(-1)) {
        open.pop();
        at++;
        want = "next";
        fresh = false;
        continue;
      }
    }
    if (want === "next") {
      if (char !== "," || open.length === 0) return at;
      at++;
      want = open.at(-1) === "}" ? "key" : "value";
      continue;
    }
    fresh = false;
    if (want === "key") {
      const end = char === '"' ? stringEnd(text, at) : { at, ok: false };
      if (!end.ok) return end.at;
      at = end.at;
      skip();
      if (at < text.length && text[at] !== ":") return at;
      at++;
      want = "value";
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]");
      want = char === "{" ? "key" : "value";
      fresh = true;
      at++;
    } else {
      const end = char === '"' ? stringEnd(text, at) : scalarEnd(text, at);
      if (!end.ok) return end.at;
      at = end.at;
      want = "next";
    }
  }
}

interface End {
  /** Behind it, or where it goes wrong. */
  at: number;
  ok: boolean;
}

function stringEnd(text: string, start: number): End {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '"') return { at: at + 1, ok: true };
    if (char < " ") return { at, ok: false };
    if (char !== "\\") continue;
    const length = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at + 1, at + 6))?.[0].length;
    if (length === undefined) return { at, ok: false };
    at += length;
  }
  return { at: text.length, ok: false };
}

const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/y;

function scalarEnd(text: string, start: number): End {
  SCALAR.lastIndex = start;
  const length = SCALAR.exec(text)?.[0].length;
  return length === undefined ? { at: start, ok: false } : { at: start + length, ok: true };
}

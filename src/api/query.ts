import type { z } from "zod";
import { faultsOf } from "./faults.ts";
import { Problem } from "./problem.ts";

/** Read by the guard, whatever the route's own schema says. */
const GUARD_KEYS = new Set(["ticket"]);
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;

/** A query as its route's schema wants it: a key that comes once is a text, one that is repeated a list of texts. */
export async function parseQuery(schema: z.ZodType | undefined, search: string): Promise<unknown> {
  const raw = rawQuery(search);
  // A page may add anything to an address that takes nothing (`?t=…` against caches).
  if (!schema) return {};
  const parsed = await schema.safeParseAsync(raw);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error, raw).map(({ path, message }) => {
    const value = Object.hasOwn(raw, path) ? raw[path] : undefined;
    const repeated = Array.isArray(value) && /received array$/.test(message);
    return { path, message: repeated ? `came ${value.length} times; once is what is understood` : message };
  });
  throw new Problem("invalid", "The query does not fit", { faults });
}

function rawQuery(search: string): Record<string, string | string[]> {
  if (search === "") return {};
  if (BAD_ESCAPE.test(search) || !isUtf8(search)) {
    throw new Problem(
      "malformed",
      "The query holds a % that no two hexadecimal digits of UTF-8 follow; write % as %25",
    );
  }
  const raw: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of new URLSearchParams(search)) {
    if (GUARD_KEYS.has(key)) continue;
    const before = raw[key];
    if (before === undefined) raw[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else raw[key] = [before, value];
  }
  return raw;
}

function isUtf8(search: string): boolean {
  try {
    decodeURIComponent(search);
    return true;
  } catch {
    return false;
  }
}

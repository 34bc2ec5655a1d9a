import { z } from "zod";

/** A JSON Schema, or a part of one. */
export type Json = { [key: string]: unknown };

/** Which side of a schema: what is sent, or what is answered. */
export type Side = "input" | "output";

interface Wanted {
  side: Side;
  schema: Json;
}

/**
 * Turns zod schemas into those of one document. Schemas with an `id` become components and are referred to; one that
 * looks different when sent than when answered becomes two.
 */
export class SchemaBook {
  readonly #defs = { input: new Map<string, Json>(), output: new Map<string, Json>() };
  readonly #wanted: Wanted[] = [];

  /** The schema for the document; its references are right once {@link components} has been called. */
  add(schema: z.ZodType, side: Side): Json {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, {
      io: side,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema as Json, side),
    }) as Json;
    for (const [id, def] of Object.entries($defs as Record<string, Json> ?? {})) {
      const known = this.#defs[side].get(id);
      if (known && !same(known, def)) throw new TypeError(`Cannot describe the API: two schemas are called ${id}`);
      this.#defs[side].set(id, def);
    }
    this.#wanted.push({ side, schema: own });
    return own;
  }

  /** All that was referred to, by name. */
  components(): Record<string, Json> {
    const split = this.#differing();
    const nameOf = (id: string, side: Side) => split.has(id) && side === "input" ? `${id}Input` : id;
    for (const { side, schema } of this.#wanted) rename(schema, (id) => nameOf(id, side));
    const components: Record<string, Json> = {};
    for (const side of ["input", "output"] as const) {
      for (const [id, def] of this.#defs[side]) {
        rename(def, (other) => nameOf(other, side));
        components[nameOf(id, side)] = def;
      }
    }
    return Object.fromEntries(Object.entries(components).sort(([a], [b]) => a < b ? -1 : 1));
  }

  /** Those with two looks, and all that hold one of these. */
  #differing(): Set<string> {
    const { input, output } = this.#defs;
    const both = [...input.keys()].filter((id) => output.has(id));
    const split = new Set(both.filter((id) => !same(input.get(id), output.get(id))));
    for (let before = -1; before !== split.size;) {
      before = split.size;
      for (const id of both) {
        if ([...references(input.get(id)!)].some((other) => split.has(other))) split.add(id);
      }
    }
    return split;
  }
}

const REFERENCE = "#/$defs/";

/** Takes out what says nothing, and what would break clients when an answer gains a field. */
function tidy(zodSchema: z.core.$ZodTypes, json: Json, side: Side): void {
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (json.format !== undefined) delete json.pattern;
  const { def } = zodSchema._zod;
  if (side === "output" && def.type === "object" && def.catchall === undefined) delete json.additionalProperties;
}

function* parts(value: unknown): Generator<Json> {
  if (Array.isArray(value)) { for (const item of value) yield* parts(item); }
  else if (typeof value === "object" && value !== null) {
    yield value as Json;
    for (const item of Object.values(value)) yield* parts(item);
  }
}

function* references(schema: Json): Generator<string> {
  for (const { $ref } of parts(schema)) {
    if (typeof $ref === "string" && $ref.startsWith(REFERENCE)) yield $ref.slice(REFERENCE.length);
  }
}

function rename(schema: Json, to: (id: string) => string): void {
  for (const part of parts(schema)) {
    if (typeof part.$ref !== "string" || !part.$ref.startsWith(REFERENCE)) continue;
    part.$ref = `#/components/schemas/${to(part.$ref.slice(REFERENCE.length))}`;
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

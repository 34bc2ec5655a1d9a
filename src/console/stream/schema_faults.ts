import type { FieldFault } from "../../core/service_error.ts";

/** A JSON Schema as the API's document and its capabilities carry them. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The most faults that are told of one value. */
const FAULTS_MAX = 20;
/** A document that refers to itself is followed so far. */
const DEPTH_MAX = 40;

/**
 * What of a value does not fit a schema, in the words of people who write it by hand. `root` is what references point
 * into. What a schema says that is not known here is left to the server.
 */
export function schemaFaults(
  value: unknown,
  schema: JsonSchema,
  root: JsonSchema,
): FieldFault[] {
  return check(value, schema, { root, path: [], depth: 0 }).slice(
    0,
    FAULTS_MAX,
  );
}

interface At {
  root: JsonSchema;
  path: readonly string[];
  depth: number;
}

function check(value: unknown, schema: JsonSchema, at: At): FieldFault[] {
  if (at.depth > DEPTH_MAX) return [];
  const inner = { ...at, depth: at.depth + 1 };
  const { $ref, anyOf, oneOf, allOf } = schema;
  if (typeof $ref === "string") {
    const target = resolved($ref, at.root);
    return target ? check(value, target, inner) : [];
  }
  const choices = (anyOf ?? oneOf) as JsonSchema[] | undefined;
  return [
    ...plainFaults(value, schema, at),
    ...(allOf as JsonSchema[] | undefined ?? []).flatMap((part) => check(value, part, inner)),
    ...(choices ? closest(choices.map((choice) => check(value, choice, inner)), at) : []),
  ];
}

/** Of a choice between shapes, the faults of the one that was probably meant. */
function closest(found: FieldFault[][], { path }: At): FieldFault[] {
  const near = (faults: FieldFault[]) =>
    faults.reduce(
      (sum, fault) => sum + (fault.path.split(".").length <= path.length + 1 ? 2 : 1),
      0,
    );
  return found.reduce((best, faults) => near(faults) < near(best) ? faults : best);
}

function plainFaults(value: unknown, schema: JsonSchema, at: At): FieldFault[] {
  const fault = (message: string) => [{ path: at.path.join("."), message }];
  const { type, const: only, enum: list } = schema;
  if (only !== undefined && value !== only) {
    return fault(`must be ${JSON.stringify(only)}`);
  }
  if (Array.isArray(list) && !list.includes(value)) {
    return fault(
      `must be one of ${list.map((item) => JSON.stringify(item)).join(", ")}`,
    );
  }
  if (typeof type === "string" && !isOf(type, value)) {
    return fault(`must be ${A[type] ?? type}, and is ${nameOf(value)}`);
  }
  if (typeof value === "number") {
    return numberFaults(value, schema).flatMap(fault);
  }
  if (typeof value === "string") {
    return textFaults(value, schema).flatMap(fault);
  }
  if (Array.isArray(value)) return listFaults(value, schema, at);
  if (typeof value === "object" && value !== null) {
    return objectFaults(value as Record<string, unknown>, schema, at);
  }
  return [];
}

function numberFaults(value: number, schema: JsonSchema): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
  if (minimum !== undefined && value < minimum) {
    return [`must be ${minimum} at least`];
  }
  if (maximum !== undefined && value > maximum) {
    return [`must be ${maximum} at most`];
  }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return [`must be more than ${exclusiveMinimum}`];
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    return [`must be less than ${exclusiveMaximum}`];
  }
  return [];
}

function textFaults(
  value: string,
  { minLength, maxLength }: JsonSchema,
): string[] {
  if (typeof minLength === "number" && value.length < minLength) {
    return ["must not be empty"];
  }
  if (typeof maxLength === "number" && value.length > maxLength) {
    return [`may have ${maxLength} characters`];
  }
  return [];
}

function listFaults(
  value: readonly unknown[],
  { items, minItems, maxItems }: JsonSchema,
  at: At,
): FieldFault[] {
  const path = at.path.join(".");
  if (typeof minItems === "number" && value.length < minItems) {
    return [{ path, message: `must have ${minItems} at least` }];
  }
  if (typeof maxItems === "number" && value.length > maxItems) {
    return [{ path, message: `may have ${maxItems} at most` }];
  }
  if (typeof items !== "object" || items === null) return [];
  return value.flatMap((item, index) => check(item, items as JsonSchema, below(at, `${index}`)));
}

function objectFaults(
  value: Record<string, unknown>,
  schema: JsonSchema,
  at: At,
): FieldFault[] {
  const { properties = {}, required = [], additionalProperties } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
    additionalProperties?: boolean | JsonSchema;
  };
  const missing = required.filter((key) => !Object.hasOwn(value, key))
    .map((key) => ({
      path: [...at.path, key].join("."),
      message: "is missing",
    }));
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known) return check(item, known, below(at, key));
    if (additionalProperties === false) {
      return [{
        path: [...at.path, key].join("."),
        message: "is not known here",
      }];
    }
    return typeof additionalProperties === "object" ? check(item, additionalProperties, below(at, key)) : [];
  });
  return [...missing, ...wrong];
}

function below(at: At, key: string): At {
  return { ...at, path: [...at.path, key], depth: at.depth + 1 };
}

const A: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function isOf(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "object") {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }
  const own: string = typeof value;
  return own === type;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : A[typeof value] ?? typeof value;
}

/** What a reference within the document points at. */
function resolved(reference: string, root: JsonSchema): JsonSchema | undefined {
  const parts = reference.replace(/^#\//, "").split("/").map((part) =>
    part.replaceAll("~1", "/").replaceAll("~0", "~")
  );
  const found = parts.reduce<unknown>(
    (value, part) => typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined,
    root,
  );
  return typeof found === "object" && found !== null ? found as JsonSchema : undefined;
}

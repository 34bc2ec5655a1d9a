let root = {};

/** Where references lead. */
export function setDocument(description) {
  root = description;
}

/** An element; texts become text, never markup. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** What a reference leads to; anything else as it is. */
export function schemaOf(schema) {
  if (!schema?.$ref) return schema ?? {};
  const found = schema.$ref.slice(2).split("/").reduce((at, key) => at?.[key], root);
  return found ?? {};
}

function nameOf(schema) {
  return schema.$ref?.split("/").at(-1);
}

const choicesOf = (schema) => schema.oneOf ?? schema.anyOf;

/** A type in one line: `Stream[]`, `"a" | "b"`, `integer ≥ 1`. */
export function typeText(schema) {
  const name = nameOf(schema);
  if (name) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeText).filter((text) => text !== "object").join(" & ");
  const choices = choicesOf(schema);
  if (choices) {
    return choices.map((choice) => nameOf(choice) ?? kindOf(choice) ?? shapeName(choice) ?? typeText(choice)).join(
      " | ",
    );
  }
  if (schema.type === "array") {
    const item = typeText(schema.items ?? {});
    return `${/[ |&]/.test(item) ? `(${item})` : item}[]${range(schema.minItems, schema.maxItems)}`;
  }
  if (isRecord(schema)) return `any name: ${typeText(schema.additionalProperties)}`;
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  const words = [schema.format ?? schema.type ?? "anything"];
  const bounds = range(schema.minimum, schema.maximum) || range(schema.minLength, schema.maxLength);
  if (schema.exclusiveMinimum !== undefined) words.push(` > ${schema.exclusiveMinimum}`);
  return words.join("") + bounds;
}

/** The constant by which one shape of a choice is told from the others. */
function kindOf(schema) {
  const told = Object.entries(schemaOf(schema).properties ?? {}).find(([, value]) => value.const !== undefined);
  return told && `${told[0]} ${JSON.stringify(told[1].const)}`;
}

/** A nameless shape among others, by what it needs. */
function shapeName(schema) {
  return schema.required?.length > 0 && schema.required.length < 4 ? `{ ${schema.required.join(", ")}, … }` : undefined;
}

function isRecord({ additionalProperties, properties }) {
  return !properties && typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0;
}

function range(least, most) {
  if (least === undefined && most === undefined) return "";
  if (least === undefined) return ` ≤ ${most}`;
  return most === undefined ? ` ≥ ${least}` : ` ${least}–${most}`;
}

/** A schema as a tree; what is deep opens on demand, so that a shape may hold itself. */
export function schemaView(schema, depth = 0) {
  const rows = [...rowsOf(schema, depth)];
  return rows.length > 0 ? el("ul", { class: "schema" }, ...rows) : "";
}

function* rowsOf(given, depth) {
  const schema = schemaOf(given);
  if (schema.type === "array") return yield* rowsOf(schema.items ?? {}, depth);
  for (const part of schema.allOf ?? []) yield* rowsOf(part, depth);
  for (const choice of choicesOf(schema) ?? []) {
    if (isDeep(choice)) yield foldable([el("span", { class: "faint" }, "either ")], choice, depth);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const need = schema.required?.includes(name);
    yield foldable(
      [el("code", {}, name), need ? el("span", { class: "need", title: "required" }, "*") : "", " "],
      property,
      depth,
    );
  }
  const more = schema.additionalProperties;
  if (typeof more === "object" && isDeep(more)) {
    yield foldable([el("code", {}, "any name"), " "], more, depth);
  }
}

function foldable(label, given, depth) {
  const schema = schemaOf(given);
  const kind = choicesOf(given) ? undefined : kindOf(given);
  const description = given.description ?? schema.description;
  const line = [
    ...label,
    el("span", { class: "type" }, nameOf(given) ?? kind ?? typeText(given)),
    ...(schema.default === undefined ? [] : [el("span", { class: "faint" }, ` = ${JSON.stringify(schema.default)}`)]),
    ...(schema.pattern === undefined ? [] : [" ", el("code", { class: "faint" }, schema.pattern)]),
    ...(description ? [el("span", { class: "faint" }, ` ${description}`)] : []),
  ];
  if (!isDeep(given)) return el("li", {}, ...line);
  const fold = el("details", {}, el("summary", {}, ...line));
  const fill = () => {
    if (fold.childElementCount === 1) fold.append(schemaView(given, depth + 1));
  };
  fold.addEventListener("toggle", fill);
  return el("li", {}, fold);
}

function isDeep(given) {
  const schema = schemaOf(given);
  if (schema.type === "array") return isDeep(schema.items ?? {});
  const more = schema.additionalProperties;
  return Object.keys(schema.properties ?? {}).length > 0 || (choicesOf(schema) ?? []).some(isDeep) ||
    (schema.allOf ?? []).some(isDeep) || (typeof more === "object" && isDeep(more));
}

/** Something that fits a schema, to begin with: its own example, or what it needs and no more. */
export function sample(given, depth = 0) {
  const schema = schemaOf(given);
  if (schema.examples?.length > 0) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (depth > 6) return null;
  const [first] = choicesOf(schema) ?? [];
  if (first) return sample(first, depth + 1);
  if (schema.type === "object" || schema.properties) {
    const needed = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(needed.map(([name, value]) => [name, sample(value, depth + 1)]));
  }
  if (schema.type === "array") return [];
  if (schema.type === "boolean") return false;
  if (schema.type === "number" || schema.type === "integer") return schema.minimum ?? 1;
  return schema.type === "string" ? "" : null;
}

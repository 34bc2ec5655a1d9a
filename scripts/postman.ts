import { fileURLToPath } from "node:url";
import process from "node:process";

/** What of an OpenAPI document goes into a collection. */
export interface Document {
  info: { title: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: {
    name: string;
    in: string;
    description?: string;
    schema?: { example?: unknown; examples?: unknown[] };
  }[];
  requestBody?: { content: Record<string, { schema?: { examples?: unknown[] }; example?: unknown }> };
}

const FILE = fileURLToPath(new URL("../examples/weir.postman_collection.json", import.meta.url));
const SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/** A Postman collection of all requests of an API: a folder for each tag, optional parameters switched off. */
export function postmanCollection({ info, tags = [], paths }: Document) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const names = new Set([
    ...tags.map(({ name }) => name),
    ...operations.map(({ operation }) => operation.tags?.[0] ?? "other"),
  ]);
  const folders = [...names].map((name) => {
    const description = tags.find((tag) => tag.name === name)?.description;
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? "other") === name);
    return { name, ...(description && { description }), item: own.map((one) => item(one)) };
  });
  return {
    info: { name: info.title, description: info.description ?? "", schema: SCHEMA },
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{token}}", type: "string" }] },
    variable: [{ key: "weir", value: "http://127.0.0.1:8080" }, { key: "token", value: "" }],
    item: folders.filter(({ item }) => item.length > 0),
  };
}

function item({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const { summary, description, parameters = [], requestBody } = operation;
  const segments = path.split("/").filter(Boolean).map((segment) => segment.replace(/^\{(.*)\}$/, ":$1"));
  const body = requestBody && bodyOf(requestBody.content);
  const query = parameters.filter((parameter) => parameter.in === "query")
    .map(({ name, description }) => ({ key: name, value: "", disabled: true, ...(description && { description }) }));
  const variable = parameters.filter((parameter) => parameter.in === "path")
    .map(({ name, description }) => ({ key: name, value: "default", ...(description && { description }) }));
  return {
    name: summary ?? `${method} ${path}`,
    request: {
      method: method.toUpperCase(),
      ...(description && { description }),
      header: body?.type ? [{ key: "Content-Type", value: body.type }] : [],
      url: {
        raw: `{{weir}}/${segments.join("/")}`,
        host: ["{{weir}}"],
        path: segments,
        ...(query.length > 0 && { query }),
        ...(variable.length > 0 && { variable }),
      },
      ...(body && { body: body.body }),
    },
  };
}

function bodyOf(content: NonNullable<Operation["requestBody"]>["content"]) {
  const json = content["application/json"];
  if (json) {
    const example = json.example ?? json.schema?.examples?.[0] ?? {};
    const body = { mode: "raw", raw: JSON.stringify(example, null, 2), options: { raw: { language: "json" } } };
    return { type: "application/json", body };
  }
  if (content["multipart/form-data"]) {
    return { body: { mode: "formdata", formdata: [{ key: "file", type: "file", src: [] }] } };
  }
  return { type: Object.keys(content)[0], body: { mode: "file", file: {} } };
}

/** The collection as it is kept in the repository. */
export async function keptCollection(): Promise<string> {
  return await Deno.readTextFile(FILE);
}

/** The collection as text, from a server that runs. */
export async function collectionOf(url: string): Promise<string> {
  const document = await (await fetch(`${url}/openapi.json`)).json() as Document;
  return `${JSON.stringify(postmanCollection(document), null, 2)}\n`;
}

if (import.meta.main) {
  const { ServedWeir } = await import("../tests/support/served_weir.ts");
  await using weir = await ServedWeir.start();
  await Deno.writeTextFile(FILE, await collectionOf(weir.url));
  process.stdout.write(`Wrote ${FILE}\n`);
}

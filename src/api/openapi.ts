import { z } from "zod";
import { type Json, SchemaBook } from "./openapi_schemas.ts";
import { type ProblemCode, PROBLEMS } from "./problem.ts";
import { mediaOf, type Route, route } from "./route.ts";

/** What the document says of the server as a whole. */
export interface OpenApiOptions {
  version: string;
  /** The whole table; what is hidden in it stays so. */
  routes: readonly Route[];
}

const DESCRIPTION = [
  "Weir turns video streams into live model results.",
  "Errors are problem documents (RFC 9457) with a stable `code`.",
  "On loopback no token is asked for; everywhere else it goes into `Authorization: Bearer …`,",
  "or, where a browser cannot set headers, a short-lived ticket goes into the query.",
].join(" ");

const problemSchema = z.object({
  type: z.string().describe("urn:weir:problem: and the code"),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("what could not be done, to what, and why"),
  instance: z.string().describe("urn:weir:request: and the id that the server's log has, too"),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]).describe("stable; clients may branch on it"),
  errors: z.array(z.object({
    path: z.string().describe("where: `policy.fps`, `pipeline.0.model`"),
    message: z.string(),
  })).optional().describe("each field that does not fit"),
}).meta({ id: "Problem", description: "Why a request was not carried out" });

/** The document of the table of routes: OpenAPI 3.1, from the schemas that check the requests. */
export function openApi({ version, routes }: OpenApiOptions): Json {
  const book = new SchemaBook();
  const problem = book.add(problemSchema, "output");
  const shared = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  const shown = routes.filter(({ hidden }) => !hidden);
  for (const one of shown) {
    const responses = { ...answers(one, book), ...problemAnswers(one, problem, shared) };
    paths[one.path] ??= {};
    paths[one.path][one.method.toLowerCase()] = operation(one, book, responses);
  }
  const schemas = book.components();
  return {
    openapi: "3.1.0",
    info: { title: "Weir", version, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: [...new Set(shown.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      responses: Object.fromEntries([...shared].sort(([a], [b]) => a < b ? -1 : 1)),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of the server, or a JWT" },
        ticket: {
          type: "apiKey",
          in: "query",
          name: "ticket",
          description: "A short-lived ticket, for EventSource, WebSocket and pictures",
        },
      },
    },
  };
}

/** `GET /openapi.json`. The table may still grow until somebody asks for the first time. */
export function openApiRoute(options: OpenApiOptions): Route {
  let text: string | undefined;
  return route({
    method: "GET",
    path: "/openapi.json",
    id: "openapi",
    tag: "server",
    summary: "This document",
    role: "public",
    answers: { 200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string() }) } },
    handle() {
      text ??= JSON.stringify(openApi(options));
      return new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-cache" } });
    },
  });
}

function operation(one: Route, book: SchemaBook, responses: Json): Json {
  const { id, tag, summary, description, role, body } = one;
  const parameters = [...pathParameters(one, book), ...queryParameters(one, book)];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBody(body, book) }),
    responses,
    security: security(one),
    "x-weir-role": role,
    ...(one.kind && { "x-weir-kind": one.kind }),
  };
}

function security({ role, kind, answers }: Route): Json[] {
  if (role === "public") return [];
  const types = Object.values(answers).flatMap(mediaOf);
  const picture = types.some((type) => type.startsWith("image/") || type.startsWith("multipart/x-"));
  return [{ bearer: [] }, ...(kind || picture ? [{ ticket: [] }] : [])];
}

function pathParameters({ path, params }: Route, book: SchemaBook): Json[] {
  const { properties } = objectOf(params ? book.add(params, "input") : {});
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
    parameter("path", { name, required: true, schema: properties[name] ?? { type: "string" } })
  );
}

function queryParameters({ query }: Route, book: SchemaBook): Json[] {
  if (!query) return [];
  const { properties, required } = objectOf(book.add(query, "input"));
  return Object.entries(properties).map(([name, schema]) =>
    parameter("query", { name, required: required.includes(name), schema })
  );
}

function parameter(place: string, { name, required, schema }: { name: string; required: boolean; schema: Json }): Json {
  const { description } = schema;
  return {
    name,
    in: place,
    ...(required && { required }),
    ...(typeof description === "string" && { description }),
    schema,
  };
}

function objectOf(schema: Json): { properties: Record<string, Json>; required: string[] } {
  const { properties, required } = schema as { properties?: Record<string, Json>; required?: string[] };
  return { properties: properties ?? {}, required: required ?? [] };
}

function requestBody(body: NonNullable<Route["body"]>, book: SchemaBook): Json {
  if (!("media" in body)) {
    return {
      required: !body.safeParse(undefined).success,
      content: { "application/json": media(book.add(body, "input")) },
    };
  }
  const schemaOf = (type: string) => isForm(type) ? body.schema : type === "application/json" ? body.json : undefined;
  const content = body.media.map((type) => {
    const schema = schemaOf(type);
    return [type, media(schema ? book.add(schema, "input") : {})];
  });
  return { required: true, description: `At most ${body.maxBytes} bytes`, content: Object.fromEntries(content) };
}

function isForm(type: string): boolean {
  return type.startsWith("multipart/");
}

function answers({ answers }: Route, book: SchemaBook): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const { description, schema } = answer;
      if (!schema && !answer.media) return [status, { description }];
      const content = mediaOf(answer).map((type) => [type, media(schema ? book.add(schema, "output") : {})]);
      return [status, { description, content: Object.fromEntries(content) }];
    }),
  );
}

function media(schema: Json): Json {
  const { examples } = schema;
  return { schema, ...(Array.isArray(examples) && examples.length > 0 && { example: examples[0] }) };
}

/** Everything that can go wrong with a route, by status; equal sets are shared. */
function problemAnswers(one: Route, problem: Json, shared: Map<string, Json>): Record<string, Json> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemCodes(one)) {
    const { status } = PROBLEMS[code];
    // An answer of the route's own under the same status says more.
    if (one.answers[status]) continue;
    byStatus.set(status, [...byStatus.get(status) ?? [], code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const name = codes.map(camel).join("Or");
      if (!shared.has(name)) shared.set(name, problemAnswer(codes, problem));
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function problemAnswer(codes: readonly ProblemCode[], problem: Json): Json {
  const schema = { allOf: [problem, { type: "object", properties: { code: { enum: codes } } }] };
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join("; "),
    content: { "application/problem+json": { schema } },
  };
}

const ANYWHERE = [
  "malformed",
  "host",
  "origin",
  "address_too_long",
  "headers_too_large",
  "rate_limited",
  "internal",
  "unavailable",
] as const;

/** What can go wrong everywhere of this kind, and what the route says of itself; in the order of {@link PROBLEMS}. */
export function problemCodes({ method, role, params, query, body, kind, problems = [] }: Route): ProblemCode[] {
  const all = new Set<ProblemCode>([...ANYWHERE, ...problems]);
  if (role !== "public") all.add("unauthorized").add("role");
  // A body that nobody asked for is read, too, and told to be in vain.
  const read = method !== "GET";
  if (params || query || read && !(body && "media" in body)) all.add("invalid");
  if (read) all.add("too_large").add("unsupported_media_type").add("too_slow");
  if (kind === "upgrade") all.add("upgrade_required");
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => all.has(code));
}

function camel(code: string): string {
  return code.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("");
}

import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { docsRoutes } from "./docs/docs_routes.ts";
import { openApi, problemCodes } from "./openapi.ts";
import { PROBLEMS } from "./problem.ts";
import { type Route, route } from "./route.ts";

const point = z.strictObject({ x: z.int(), y: z.number().default(0) })
  .meta({ id: "Point", examples: [{ x: 1, y: 2 }] });
const shape = z.object({ name: z.string(), points: z.array(point), at: z.iso.datetime().optional() }).meta({
  id: "Shape",
});
const plain = z.object({ text: z.string() }).meta({ id: "Plain" });

const params = z.strictObject({ id: z.string().describe("which one") });
const common = { tag: "shapes", summary: "About shapes", role: "viewer", handle: () => ({}) } as const;

const sample: Route[] = [
  route({
    ...common,
    method: "GET",
    path: "/shapes",
    id: "list",
    query: z.strictObject({
      width: z.coerce.number().optional().describe("pixels"),
      label: z.union([z.string(), z.array(z.string())]),
    }),
    answers: { 200: { description: "All", schema: z.object({ shapes: z.array(shape) }) } },
  }),
  route({
    ...common,
    method: "POST",
    path: "/shapes",
    id: "create",
    body: shape.transform((value) => value),
    answers: { 201: { description: "Made", schema: shape } },
    problems: ["conflict"],
  }),
  route({
    ...common,
    method: "DELETE",
    path: "/shapes/{id}",
    id: "remove",
    params,
    answers: { 204: { description: "Gone" } },
  }),
  route({
    ...common,
    method: "PUT",
    path: "/shapes/{id}/note",
    id: "note",
    params,
    body: plain,
    answers: { 200: { description: "As it is", schema: plain } },
  }),
  route({
    ...common,
    method: "POST",
    path: "/predict",
    id: "predict",
    body: { media: ["image/jpeg", "image/png"], maxBytes: 1000 },
    answers: { 200: { description: "What is on it", schema: z.looseObject({}) } },
  }),
  route({
    ...common,
    method: "GET",
    path: "/events",
    id: "events",
    kind: "stream",
    answers: { 200: { description: "Events", media: "text/event-stream", schema: plain } },
  }),
  route({
    ...common,
    method: "GET",
    path: "/ws",
    id: "ws",
    kind: "upgrade",
    answers: { 101: { description: "Messages" } },
  }),
  route({
    ...common,
    method: "GET",
    path: "/ready",
    id: "ready",
    role: "public",
    answers: { 200: { description: "Yes" }, 503: { description: "No", schema: plain } },
    problems: ["unavailable"],
  }),
  route({
    ...common,
    method: "GET",
    path: "/inner.js",
    id: "inner",
    hidden: true,
    answers: { 200: { description: "x" } },
  }),
];
const routes = [...sample];
routes.push(...docsRoutes({ version: "1.2.3", routes }));

// deno-lint-ignore no-explicit-any -- a test reads the document as its readers do
const documentOf = (): any => JSON.parse(JSON.stringify(openApi({ version: "1.2.3", routes })));

Deno.test("The document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(documentOf());
  assert.ok(valid, JSON.stringify(errors, null, 1));
});

Deno.test("The validator does find faults", async () => {
  const broken = documentOf();
  delete broken.paths["/shapes"].get.responses["200"].description;
  assert.equal((await new Validator().validate(broken)).valid, false);
});

Deno.test("Every route is there with all of its answers and problems, and what is hidden is not", () => {
  const document = documentOf();
  const shown = routes.filter(({ hidden }) => !hidden);
  const listed = Object.entries<object>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assert.deepEqual(listed.sort(), shown.map(({ method, path }) => `${method} ${path}`).sort());
  for (const one of shown) {
    const operation = document.paths[one.path][one.method.toLowerCase()];
    const statuses = new Set([
      ...Object.keys(one.answers),
      ...problemCodes(one).map((code) => `${PROBLEMS[code].status}`),
    ]);
    assert.deepEqual(Object.keys(operation.responses).sort(), [...statuses].sort(), one.id);
    assert.equal(operation.operationId, one.id);
  }
});

Deno.test("Every reference leads somewhere, and nothing is there that nobody refers to", () => {
  const document = documentOf();
  const referred = new Set(JSON.stringify(document).match(/(?<="\$ref":")[^"]+/g));
  const there = ["schemas", "responses"].flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`)
  );
  assert.deepEqual([...referred].sort(), there.sort());
});

Deno.test("A schema that is sent otherwise than it is answered is two, one that is not is one", () => {
  const { components: { schemas } } = documentOf();
  assert.deepEqual(schemas.PointInput.required, ["x"]);
  assert.deepEqual(schemas.Point.required, ["x", "y"]);
  assert.equal(schemas.ShapeInput.properties.points.items.$ref, "#/components/schemas/PointInput");
  assert.equal(schemas.Shape.properties.points.items.$ref, "#/components/schemas/Point");
  assert.ok(schemas.Plain);
  assert.equal(schemas.PlainInput, undefined);
  assert.equal(schemas.Shape.additionalProperties, undefined, "answers may gain fields");
  assert.equal(schemas.PointInput.additionalProperties, false);
  assert.deepEqual(schemas.Point.properties.x, { type: "integer" });
  assert.deepEqual(schemas.Point.examples, [{ x: 1, y: 2 }]);
});

Deno.test("Two schemas of one name are told of", () => {
  const at = (path: string, schema: z.ZodType) =>
    route({
      ...common,
      method: "GET",
      path,
      id: path,
      answers: { 200: { description: "x", schema: z.array(schema) } },
    });
  const routes = ["a", "b"].map((key) => at(`/${key}`, z.object({ [key]: z.string() }).meta({ id: "Twin" })));
  assert.throws(() => openApi({ version: "1", routes }), /two schemas are called Twin/);
});

Deno.test("Parameters, bodies, roles and ways to prove oneself are told", () => {
  const { paths } = documentOf();
  assert.deepEqual(paths["/shapes"].get.parameters, [
    { name: "width", in: "query", description: "pixels", schema: { type: "number", description: "pixels" } },
    {
      name: "label",
      in: "query",
      required: true,
      schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    },
  ]);
  assert.deepEqual(paths["/shapes/{id}"].delete.parameters, [
    {
      name: "id",
      in: "path",
      required: true,
      description: "which one",
      schema: { type: "string", description: "which one" },
    },
  ]);
  assert.deepEqual(Object.keys(paths["/predict"].post.requestBody.content), ["image/jpeg", "image/png"]);
  assert.equal(paths["/shapes"].post.requestBody.required, true);
  assert.deepEqual(paths["/ready"].get.security, []);
  assert.deepEqual(paths["/shapes"].get.security, [{ bearer: [] }]);
  assert.deepEqual(paths["/events"].get.security, [{ bearer: [] }, { ticket: [] }]);
  assert.equal(paths["/shapes"].get["x-weir-role"], "viewer");
  assert.deepEqual(paths["/ready"].get.responses["503"].description, "No");
});

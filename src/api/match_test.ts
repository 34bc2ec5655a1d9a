import assert from "node:assert/strict";
import { Matcher } from "./match.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";

const at = (path: string, method: "GET" | "POST" = "GET") =>
  route({
    method,
    path,
    id: `${method} ${path}`,
    tag: "t",
    summary: "s",
    role: "public",
    answers: {},
    handle: () => {},
  });

const matcher = new Matcher([
  at("/"),
  at("/health"),
  at("/streams"),
  at("/streams", "POST"),
  at("/streams/{id}"),
  at("/streams/{id}/events"),
  at("/streams/all/ws"),
  at("/{page}/help"),
]);

const found = (path: string, method = "GET") => {
  const match = matcher.match(path);
  return match && [match.routes.get(method)?.path, match.params];
};

Deno.test("A path finds its route, with or without a slash at its end, and its parameters decoded", () => {
  assert.deepEqual(found("/"), ["/", {}]);
  assert.deepEqual(found("/health"), ["/health", {}]);
  assert.deepEqual(found("/health/"), ["/health", {}]);
  assert.deepEqual(found("/streams/gate%201%2Fa"), ["/streams/{id}", { id: "gate 1/a" }]);
  assert.deepEqual(found("/streams/%E2%82%AC/events"), ["/streams/{id}/events", { id: "€" }]);
});

Deno.test("A literal goes before a parameter, and gives way where it leads nowhere", () => {
  assert.deepEqual(found("/streams/all/ws"), ["/streams/all/ws", {}]);
  assert.deepEqual(found("/streams/all/events"), ["/streams/{id}/events", { id: "all" }]);
  assert.deepEqual(found("/streams/help"), ["/streams/{id}", { id: "help" }]);
  assert.deepEqual(found("/other/help"), ["/{page}/help", { page: "other" }]);
});

Deno.test("What is nowhere in the table is not found: other cases, empty segments, longer and shorter paths", () => {
  for (const path of ["/Health", "/streams//", "//health", "/streams/a/b", "/streams//events", "/*"]) {
    assert.equal(found(path), undefined, path);
  }
});

Deno.test("A path knows all of its methods", () => {
  assert.deepEqual([...matcher.match("/streams")!.routes.keys()], ["GET", "POST"]);
});

Deno.test("A path that cannot be decoded is malformed, not a crash", () => {
  for (const path of ["/streams/%", "/streams/%zz", "/streams/%ff", "/streams/%c3%28", "/%80"]) {
    assert.throws(() => matcher.match(path), (error) => error instanceof Problem && error.code === "malformed", path);
  }
});

Deno.test("Two routes for the same thing, or two names for one parameter, are told when the table is read", () => {
  assert.throws(() => new Matcher([at("/a"), at("/a/")]), /GET \/a\/: it is there already/);
  assert.throws(() => new Matcher([at("/a/{id}"), at("/a/{name}/b")]), /\{name\} is called \{id\}/);
});

Deno.test("Names of objects' own innards are paths like any other", () => {
  assert.equal(found("/__proto__"), undefined);
  assert.deepEqual(found("/streams/__proto__"), ["/streams/{id}", { id: "__proto__" }]);
  assert.deepEqual(found("/streams/constructor"), ["/streams/{id}", { id: "constructor" }]);
});

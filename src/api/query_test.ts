import assert from "node:assert/strict";
import { z } from "zod";
import { Problem } from "./problem.ts";
import { parseQuery } from "./query.ts";

const schema = z.strictObject({
  state: z.string().optional(),
  width: z.coerce.number().int().min(1).optional(),
  label: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
});

async function problemOf(search: string): Promise<Problem> {
  try {
    await parseQuery(schema, search);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: `${search} was let through` });
}

Deno.test("A query is what its schema says; what is repeated is a list", async () => {
  assert.deepEqual(await parseQuery(schema, ""), {});
  assert.deepEqual(await parseQuery(schema, "?"), {});
  assert.deepEqual(await parseQuery(schema, "?state=a+b%26&width=12"), { state: "a b&", width: 12 });
  assert.deepEqual(await parseQuery(schema, "?label=a"), { label: ["a"] });
  assert.deepEqual(await parseQuery(schema, "?label=a&label=b"), { label: ["a", "b"] });
});

Deno.test("A ticket is the guard's, not the route's; a route without a query takes any", async () => {
  assert.deepEqual(await parseQuery(schema, "?ticket=x&state=a"), { state: "a" });
  assert.deepEqual(await parseQuery(undefined, "?t=1&x[]=2"), {});
});

Deno.test("What does not fit is told by its key", async () => {
  const cases: [search: string, path: string, message: RegExp][] = [
    ["?state=a&state=b", "state", /came 2 times; once/],
    ["?width=x", "width", /expected number/],
    ["?nope=1", "nope", /not known here/],
    ["?__proto__=1", "__proto__", /not known here/],
    ["?constructor=1", "constructor", /not known here/],
  ];
  for (const [search, path, message] of cases) {
    const { code, faults } = await problemOf(search);
    assert.equal(code, "invalid", search);
    assert.equal(faults.length, 1, search);
    assert.equal(faults[0].path, path, search);
    assert.match(faults[0].message, message, search);
  }
});

Deno.test("Broken escapes are malformed", async () => {
  for (const search of ["?state=%", "?state=%zz", "?%ff=1", "?state=50%"]) {
    assert.equal((await problemOf(search)).code, "malformed", search);
  }
});

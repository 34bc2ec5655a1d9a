import assert from "node:assert/strict";
import { ProblemError } from "../api/problem_error.ts";
import { emptyForm } from "./add_form.ts";
import { formFaults } from "./form_faults.ts";

const problem = (code: string, faults: { path: string; message: string }[] = []) =>
  new ProblemError({ status: 422, code, message: "The request does not fit", faults });

Deno.test("faults stand at their fields, and a problem that is told there whole is not told again", () => {
  const refused = problem("invalid", [
    { path: "source.url", message: "must be an address" },
    { path: "id", message: "up to 63 letters" },
    { path: "id", message: "the first a letter" },
  ]);
  assert.deepEqual(formFaults(refused, emptyForm()), {
    fields: { address: "must be an address", name: "up to 63 letters; the first a letter" },
    shown: ["source.url", "id", "id"],
  });
});

Deno.test("what no field shows is told as a whole", () => {
  const refused = problem("invalid", [{ path: "labels.a", message: "too long" }, { path: "id", message: "bad" }]);
  assert.deepEqual(formFaults(refused, emptyForm()), { fields: { name: "bad" }, shown: ["id"], problem: refused });
  const forbidden = problem("forbidden");
  assert.deepEqual(formFaults(forbidden, emptyForm()), { fields: {}, shown: [], problem: forbidden });
});

Deno.test("a name that is taken is the name's fault", () => {
  assert.deepEqual(formFaults(problem("conflict"), emptyForm()).fields, { name: "The request does not fit" });
});

Deno.test("what is no answer of the server's is told as it is", () => {
  assert.equal(formFaults(new Error("broken"), emptyForm()).problem?.message, "broken");
});

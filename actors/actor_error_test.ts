import assert from "node:assert/strict";
import { SourceError } from "../src/core/source.ts";
import { asError, causeOf, isHopeless, RemoteError, toErrorData } from "./actor_error.ts";

Deno.test("an error keeps what callers branch on across a structured clone", () => {
  const inner = new RangeError("deep down");
  const error = new SourceError("unauthorized", "Cannot open rtsp://cam/1: 401 Unauthorized", { cause: inner });
  const back = new RemoteError(structuredClone(toErrorData(error)));
  assert.deepEqual([back.name, back.code, back.hopeless, back.message, back.stack], [
    "SourceError",
    "unauthorized",
    true,
    error.message,
    error.stack,
  ]);
  assert.ok(back.cause instanceof RemoteError);
  assert.deepEqual([back.cause.name, back.cause.message, back.cause.hopeless], ["RangeError", "deep down", false]);
  assert.deepEqual(toErrorData(back), toErrorData(error));
});

Deno.test("a chain of causes without end is cut", () => {
  const error = new Error("round and round");
  error.cause = error;
  let depth = 0;
  for (let data = toErrorData(error).cause; data; data = data.cause) depth++;
  assert.ok(depth > 0 && depth < 10);
});

Deno.test("whatever is thrown can be handled as an error", () => {
  assert.deepEqual(toErrorData("just text"), { name: "Error", message: "just text" });
  assert.deepEqual([asError(undefined).message, asError(undefined).cause], ["undefined", undefined]);
  const error = new TypeError("kept");
  assert.equal(asError(error), error);
});

Deno.test("a cause has the error's code, or says that something failed", () => {
  assert.deepEqual(causeOf(new SourceError("closed", "gone")), { code: "closed", message: "gone" });
  assert.deepEqual(causeOf(Object.assign(new Error("odd"), { code: 7 })), { code: "failed", message: "odd" });
  assert.deepEqual([isHopeless(new SourceError("not_found", "")), isHopeless(new SourceError("closed", ""))], [
    true,
    false,
  ]);
});

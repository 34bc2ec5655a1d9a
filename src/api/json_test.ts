import assert from "node:assert/strict";
import { faultPosition, parseJson } from "./json.ts";
import { Problem } from "./problem.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const refused = (body: Uint8Array, message: RegExp) =>
  assert.throws(
    () => parseJson(body),
    (error) => error instanceof Problem && error.code === "malformed" && message.test(error.message),
  );

Deno.test("JSON is read, however it is written", () => {
  for (const text of ["null", " 1e3\n", '"[[[\\"[[["', '{"a":[1,{"b":"\\u20ac"}]}', "[]", '\ufeff{"bom":true}']) {
    assert.deepEqual(parseJson(bytes(text)), JSON.parse(text.replace("\ufeff", "")), text);
  }
});

Deno.test("64 levels are read, one more is refused, and brackets in texts do not count", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  assert.ok(parseJson(bytes(nested(64))));
  refused(bytes(nested(65)), /deeper than the 64 levels/);
  refused(bytes('{"a":'.repeat(100_000)), /deeper than the 64 levels/);
  assert.equal(parseJson(bytes(JSON.stringify("[".repeat(1000)))), "[".repeat(1000));
});

Deno.test("What is no JSON is told by its place, and never quoted", () => {
  refused(bytes('{"a": 1,\n  "password" "hunter2"}'), /line 2, column 14 \(position 22\)$/);
  refused(bytes("hunter2"), /line 1, column 1 \(position 0\)$/);
  refused(bytes('{"a":'), /breaks off at its end$/);
  refused(new Uint8Array([0x22, 0xff, 0x22]), /not UTF-8/);
});

Deno.test("The place of the fault is right for every kind of fault", () => {
  const faults: [text: string, position: number][] = [
    ["", 0],
    ["  ", 2],
    ["{", 1],
    ["[1,", 3],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["[1}", 2],
    ["{1:2}", 1],
    ['{"a"}', 4],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['{"a":1 "b":2}', 7],
    ["[01]", 1],
    ["[1.]", 1],
    ["[-]", 1],
    ["[NaN]", 1],
    ["[truer]", 1],
    ["['a']", 1],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ['"\\u12"', 1],
    ['"abc', 4],
    ["1 1", 2],
    ["]", 0],
    ["[]]", 2],
    ["// no\n1", 0],
  ];
  for (const [text, position] of faults) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.equal(faultPosition(text), position, text);
  }
});

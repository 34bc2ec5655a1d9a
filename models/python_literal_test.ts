import assert from "node:assert/strict";
import { random } from "../scripts/bench/random.ts";
import { parsePythonLiteral } from "./python_literal.ts";

Deno.test("what Python's repr writes for plain data is read back", () => {
  const cases: [string, unknown][] = [
    ["{0: 'person', 1: 'bicycle'}", { 0: "person", 1: "bicycle" }],
    [`{0: "men's", 1: 'a "b"', 2: 'c\\'s', 3: 'd\\\\e'}`, { 0: "men's", 1: 'a "b"', 2: "c's", 3: "d\\e" }],
    ["{0: 'caf\\xe9', 1: '\\u4eba', 2: 'x\\ny'}", { 0: "café", 1: "人", 2: "x\ny" }],
    ["[640, 640]", [640, 640]],
    ["(1, 2.5, -3e2,)", [1, 2.5, -300]],
    ["{'nms': False, 'half': True, 'data': None}", { nms: false, half: true, data: null }],
    ["[]", []],
    [" { } ", {}],
    ["32", 32],
    ['["a","b"]', ["a", "b"]],
  ];
  for (const [text, value] of cases) assert.deepEqual(parsePythonLiteral(text), value, text);
});

Deno.test("what is no Python literal is undefined", () => {
  for (const text of ["", "hello world", "{0: 'a'", "[1, 2", "'open", "{0 'a'}", "[1] 2", "print(1)", "'\\xzz'"]) {
    assert.equal(parsePythonLiteral(text), undefined, text);
  }
});

Deno.test("nesting without end is refused instead of followed", () => {
  assert.equal(parsePythonLiteral("[".repeat(100_000)), undefined);
  assert.equal(parsePythonLiteral("{0:".repeat(100_000)), undefined);
});

Deno.test("a key of JavaScript's own is a key like any other", () => {
  const value = parsePythonLiteral("{'__proto__': 1, 'constructor': 2}") as Record<string, unknown>;
  assert.deepEqual(Object.keys(value).sort(), ["__proto__", "constructor"]);
});

Deno.test("random texts of Python's letters are read or refused, never an error", () => {
  const letters = "{}[]()'\":,\\ 0123456789abcxuU.-+TrueFalseNone\n";
  for (let seed = 1; seed <= 2000; seed++) {
    const next = random(seed);
    const length = Math.floor(next() * 40);
    const text = Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join("");
    parsePythonLiteral(text);
  }
});

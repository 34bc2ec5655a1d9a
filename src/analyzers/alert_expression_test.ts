import assert from "node:assert/strict";
import { evaluate } from "./alert_evaluation.ts";
import { parseCondition, parseExpression, stepsOf } from "./alert_expression.ts";

const outputs = {
  detect: {
    model: "m",
    detections: [
      { box: [0, 0, 1, 1], label: "person", classId: 0, score: 0.9 },
      { box: [0, 0, 1, 1], label: "person", classId: 0, score: 0.4 },
      { box: [0, 0, 1, 1], label: "car", classId: 2, score: 0.6 },
    ],
  },
  zones: { box: { count: 4, tracks: [3, 9], meanS: 2.5 }, "north gate": { count: 1 } },
  presence: { has_person: true, person: 0.9 },
  "front-door": { open: true },
  // deno-lint-ignore no-explicit-any
} as any;

function given(text: string): unknown {
  return evaluate(parseExpression(text), outputs);
}

Deno.test("values, paths and operators mean what they look like", () => {
  const table: [string, unknown][] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["10 - 4 - 3", 3],
    ["7 % 4 / 2", 1.5],
    ["-2 - -3", 1],
    ["1e3 + .5", 1000.5],
    ["zones.box.count > 3", true],
    ["zones.box.count > 3 && presence.has_person", true],
    ["zones.box.count > 9 || !presence.has_person", false],
    ["true || false && false", true],
    ['zones["north gate"].count == 1', true],
    ["zones['north gate'].count != 1", false],
    ['outputs["front-door"].open', true],
    ["detect.detections.length", 3],
    ["detect.detections[2].label == 'car'", true],
    ["'a' < 'b'", true],
    ['"a\\"b" == \'a"b\'', true],
    ["count(detect)", 3],
    ['count(detect, "person")', 2],
    ['count(detect.detections, "person", 0.5)', 1],
    ['any(detect, "dog")', false],
    ["max(detect.detections.score)", 0.9],
    ["min(detect.detections.score, 0.1)", 0.1],
    ['sum(zones.box.count, zones["north gate"].count)', 5],
    ["abs(1 - 3)", 2],
    ["has(zones.box.meanS)", true],
    ["has(zones.box.longestS)", false],
  ];
  for (const [text, wanted] of table) assert.deepEqual(given(text), wanted, text);
});

Deno.test("what is not there makes nothing true, and throws nothing", () => {
  for (const text of ["zones.gate.count > 0", "zones.gate.count <= 0", "zones.gate.count == 0", "nothing != 1"]) {
    assert.equal(given(text), false, text);
  }
  assert.equal(given("zones.gate.count + 1"), undefined);
  assert.equal(given("1 / 0"), undefined);
  assert.equal(given("detect.detections[9].score > 0"), false);
  assert.equal(given("max(nothing)"), undefined);
  assert.equal(given("zones.box == zones.box"), false);
  for (const text of ["zones.constructor", "zones.__proto__", "detect.detections.map", "detect.toString"]) {
    assert.equal(evaluate(parseExpression(`has(${text}.name)`), outputs), false, text);
  }
});

Deno.test("an expression that fails says where and what was expected", () => {
  const table: [string, RegExp][] = [
    ["", /expected a value, found the end at character 1$/],
    ["zones.box.count >", /expected a value, found the end at character 18$/],
    ["zones.box.count = 3", /"=" means nothing; equality is == at character 17$/],
    ["zones..count", /expected a name.*found "\." at character 7$/],
    ["(1 + 2", /expected \), found the end at character 7$/],
    ["1 + 'a'", /expected a number, found a string at character 5$/],
    ["1 < 2 < 3", /comparisons do not chain.* at character 7$/],
    ["true == 1", /a boolean is never compared to a number, as at character 9$/],
    ["process.exit(1)", /expected an operator or the end, found "\(" at character 13$/],
    ["eval('1')", /there is no function eval; there are: count, any, .* at character 1$/],
    ["constructor(1)", /there is no function constructor/],
    ["count()", /count is used as count\(detect.*at character 1$/],
    ["a['b", /a text that does not end begins at character 3$/],
    ["a[-1]", /expected a name in quotes or a whole number, found "-" at character 3$/],
    ["outputs > 1", /outputs needs a step/],
    ["a b", /expected an operator or the end, found "b" at character 3$/],
    ["a ; b", /";" means nothing at character 3$/],
  ];
  for (const [text, wanted] of table) assert.throws(() => parseExpression(text), { message: wanted }, text);
});

Deno.test("a condition is true or false; what is a number or a text is refused", () => {
  assert.throws(() => parseCondition("1 + count(detect)"), /expected a condition.*this is a number/);
  assert.throws(() => parseCondition("'yes'"), /this is a string/);
  assert.equal(parseCondition("presence.has_person").type, "path");
});

Deno.test("length, depth and paths are bounded, and what is within the bounds is quick", () => {
  assert.throws(() => parseExpression("(".repeat(40) + "1" + ")".repeat(40)), /nested too deeply/);
  assert.throws(() => parseExpression("!".repeat(60) + "a"), /nested too deeply/);
  assert.throws(() => parseExpression("a" + ".b".repeat(40)), /more than 16 keys/);
  assert.throws(() => parseExpression("1 +".repeat(300) + "1"), /500 characters/);
  const long = Array.from({ length: 120 }, () => "!a").join("||");
  assert.equal(evaluate(parseExpression(long), {}), true);
});

Deno.test("no text makes the parser do anything but parse or say why not", () => {
  const pieces = [
    "zones",
    ".",
    "box",
    "[",
    "]",
    "(",
    ")",
    '"x"',
    "'",
    "1",
    "-",
    "!",
    "&&",
    "||",
    "<",
    "==",
    ",",
    "count",
    " ",
    "é",
  ];
  let state = 11;
  const next = () => (state = (state * 1103515245 + 12345) & 0x7fffffff);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: 1 + next() % 12 }, () => pieces[next() % pieces.length]).join("");
    try {
      evaluate(parseExpression(text), outputs);
    } catch (error) {
      assert.equal((error as Error).name, "ExpressionError", text);
      assert.match((error as Error).message, /at character \d+$/, text);
    }
  }
});

Deno.test("the steps that a condition looks at are known before it ever runs", () => {
  const parsed = parseCondition('zones.box.count > count(detect, "car") || !outputs["front-door"].open');
  assert.deepEqual(stepsOf(parsed).map(({ step }) => step), ["zones", "detect", "front-door"]);
  assert.deepEqual(parsed.type === "binary" && stepsOf(parsed).map(({ key }) => key), ["box", undefined, "open"]);
});

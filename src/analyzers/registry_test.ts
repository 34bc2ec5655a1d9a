import assert from "node:assert/strict";
import { z } from "zod";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzers } from "./registry.ts";

/** A result must stay small, whatever a model finds. */
const BYTES_MAX = 32 * 1024;
/** Numbers that go on over a new epoch. */
const TOTALS = ["total", "entered", "left", "in", "out", "appearances", "changes", "held", "fired", "totalS"];

const detection = (n: number, frame: number) => ({
  box: [(n * 97 + frame * 20) % 950, 100 + ((n * 53) % 300), 30, 60],
  label: n % 3 === 0 ? "player" : "person",
  classId: n % 3,
  score: 0.9,
  track: n + 1,
});

/** Outputs that an analyzer may find before it, with so many things in them. */
const outputsOf = (frame: number, things: number) => ({
  detect: { model: "m", detections: Array.from({ length: things }, (_, n) => detection(n, frame)) },
  classify: {
    model: "c",
    classes: [{ label: "cat", classId: 0, score: 0.7 }, { label: "dog", classId: 1, score: 0.3 }],
  },
  zones: { box: { count: frame % 6 } },
});

const HOSTILE: Record<string, unknown>[] = [
  {},
  { detect: {} },
  { detect: { detections: null } },
  { detect: { detections: "many" }, classify: { classes: 7 }, zones: null },
  { detect: { detections: [null, 7, "x", [], {}] }, classify: { classes: [null, {}, { label: "cat" }] } },
  { detect: { detections: [{ box: [NaN, NaN, NaN, NaN], label: "person", classId: 0, score: NaN, track: NaN }] } },
  { detect: { detections: [{ box: [0, 0, Infinity, 1e308], label: "player", classId: 0, score: 0.9, track: -1 }] } },
  { detect: { detections: [{ box: [1e300, -1e300, 1, 1], label: "player", classId: 0, score: 0.9, track: 1e300 }] } },
  { detect: { detections: [{ box: [1, 2], label: 5, score: "high" }] }, zones: { box: { count: "lots" } } },
  { classify: { classes: [{ label: "__proto__", classId: 0, score: Infinity }, { label: "cat", score: -1 }] } },
];

function picture(frame: number) {
  const [width, height] = [320, 180];
  const data = new Uint8Array(width * height * 3).map((_, index) => (index * 7 + frame * 13) & 0xff);
  return pictureFromPixels({ width, height, format: "rgb24", data });
}

/** Shows a frame with a picture. An analyzer that cannot do without something says what. */
function push(rig: AnalyzerRig, timeS: number, outputs: Record<string, unknown>): Record<string, unknown> | undefined {
  using shown = picture(Math.round(timeS * 10));
  try {
    return rig.push(timeS, outputs, shown);
  } catch (error) {
    assert.match((error as Error).message, /^Cannot /);
    return undefined;
  }
}

/** Everything that goes out goes out as JSON, and is the same when it arrives. */
function checkOutput(kind: string, output: Record<string, unknown> | undefined): void {
  if (output === undefined) return;
  const text = JSON.stringify(output);
  assert.ok(text.length <= BYTES_MAX, `${kind}: ${text.length} bytes`);
  assert.deepEqual(JSON.parse(text), plain(output), kind);
}

/** The same with every zero positive: JSON knows no other. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function totalsIn(value: unknown, path = ""): Map<string, number> {
  const totals = new Map<string, number>();
  if (typeof value !== "object" || value === null) return totals;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "number" && TOTALS.includes(key)) totals.set(`${path}.${key}`, inner);
    for (const [name, total] of totalsIn(inner, `${path}.${key}`)) totals.set(name, total);
  }
  return totals;
}

for (const { kind, describe, schema, create } of analyzers) {
  const json = z.toJSONSchema(schema, { io: "input" });
  const examples = (json.examples as Record<string, unknown>[] | undefined) ?? [{}];
  const rigs = () => examples.map((options) => new AnalyzerRig(kind, options));

  Deno.test(`${kind}: says what it does, and its options are described and have examples that fit`, () => {
    assert.match(kind, /^[a-z][a-z0-9_]*$/);
    assert.ok(json.examples || Object.keys(json.properties ?? {}).length === 0, "an example helps");
    assert.ok(describe.length > 10 && describe.length < 200, describe);
    for (const [key, option] of Object.entries(json.properties ?? {})) {
      assert.ok((option as { description?: string }).description, `${key} has no description`);
    }
    for (const example of examples) {
      const options = schema.parse(JSON.parse(JSON.stringify(example)));
      assert.ok(create(options as never));
      assert.deepEqual(schema.parse(JSON.parse(JSON.stringify(options))), options);
    }
    assert.equal(schema.safeParse({ ...examples[0], noSuchOption: 1 }).success, false);
  });

  Deno.test(`${kind}: its output is small JSON, with nothing, with much and after a new epoch`, () => {
    for (const rig of rigs()) {
      checkOutput(kind, push(rig, 0, {}));
      for (let frame = 1; frame < 30; frame++) {
        checkOutput(kind, push(rig, frame / 5, outputsOf(frame, frame === 20 ? 1000 : 8)));
      }
      rig.analyzer.reset();
      rig.analyzer.reset();
      for (let frame = 0; frame < 5; frame++) checkOutput(kind, push(rig, frame / 5, outputsOf(frame, 8)));
    }
  });

  Deno.test(`${kind}: totals live on over a new epoch`, () => {
    for (const rig of rigs()) {
      let before = new Map<string, number>();
      for (let frame = 0; frame < 60; frame++) {
        const output = push(rig, frame / 5, outputsOf(frame, 8));
        if (output) before = totalsIn(output);
      }
      rig.analyzer.reset();
      let after: Map<string, number> | undefined;
      for (let frame = 0; frame < 60 && !after?.size; frame++) {
        const output = push(rig, frame / 5, outputsOf(frame, 8));
        if (output) after = totalsIn(output);
      }
      for (const [name, total] of before) assert.ok(after!.get(name)! >= total, `${name} fell from ${total}`);
    }
  });

  Deno.test(`${kind}: what a faulty model says neither breaks it nor stays with it`, () => {
    for (const rig of rigs()) {
      for (let frame = 0; frame < 40; frame++) {
        const outputs = frame % 2 ? HOSTILE[(frame >> 1) % HOSTILE.length] : outputsOf(frame, 8);
        checkOutput(kind, push(rig, frame / 5, structuredClone(outputs)));
      }
      for (let frame = 40; frame < 60; frame++) checkOutput(kind, push(rig, frame / 5, outputsOf(frame, 8)));
    }
  });

  Deno.test(`${kind}: two streams do not hear of each other, and the same frames give the same answers`, () => {
    const answers = (others: number) => {
      const [rig] = rigs();
      const [other] = rigs();
      return Array.from({ length: 30 }, (_, frame) => {
        for (let n = 0; n < others; n++) push(other, frame / 5 + n / 20, outputsOf(frame + n, 5));
        return push(rig, frame / 5, outputsOf(frame, 8));
      });
    };
    assert.deepEqual(answers(2), answers(0));
  });
}

Deno.test("no two analyzers have one name", () => {
  const kinds = analyzers.map(({ kind }) => kind);
  assert.deepEqual([...new Set(kinds)], kinds);
});

Deno.test("the README's table has every analyzer, and no other", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const table = readme.slice(readme.indexOf("| analyzer |")).split("\n\n")[0];
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
  assert.deepEqual(named.sort(), analyzers.map(({ kind }) => kind).sort());
});

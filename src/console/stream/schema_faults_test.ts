import assert from "node:assert/strict";
import { z } from "zod";
import { patchSchema } from "../../../config/schema.ts";
import { type JsonSchema, schemaFaults } from "./schema_faults.ts";

const patch = z.toJSONSchema(patchSchema, {
  io: "input",
  unrepresentable: "any",
}) as JsonSchema;
const faults = (value: unknown) => schemaFaults(value, patch, patch).map(({ path, message }) => `${path} ${message}`);

Deno.test("What the server's own schema takes has no faults", () => {
  for (
    const good of [
      { policy: { fps: 5, mode: "latest" } },
      {
        pipeline: [{ model: "weir-pitch", minScore: 0.3 }, {
          analyzer: "track",
          high: 0.5,
        }],
      },
      { labels: { site: "north" } },
      { source: { kind: "scene", scene: "pitch" } },
    ]
  ) {
    assert.ok(patchSchema.safeParse(good).success);
    assert.deepEqual(faults(good), []);
  }
});

Deno.test("Faults are told where they are, in plain words, and the server would refuse them, too", () => {
  const cases: [unknown, string[]][] = [
    [{ policy: { fps: -1 } }, ["policy.fps must be more than 0"]],
    [{ policy: { fps: "5" } }, ["policy.fps must be a number, and is a text"]],
    [{ policy: { every: 1.5 } }, [
      "policy.every must be a whole number, and is a number",
    ]],
    [{ policy: { speed: 1 } }, ["policy.speed is not known here"]],
    [{ policy: { restarts: { count: 1 } } }, [
      "policy.restarts.withinMs is missing",
    ]],
    [{ policy: { mode: "newest" } }, [
      'policy.mode must be one of "latest", "block", "drop-oldest", "drop-newest"',
    ]],
    [{ pipeline: {} }, ["pipeline must be a list, and is an object"]],
    [{ pipeline: [{ model: "weir-pitch", minScore: 2 }] }, [
      "pipeline.0.minScore must be 1 at most",
    ]],
    [{ labels: { site: 4 } }, ["labels.site must be a text, and is a number"]],
    [{ sink: [] }, ["sink is not known here"]],
    [null, [" must be an object, and is null"]],
  ];
  for (const [value, expected] of cases) {
    assert.ok(!patchSchema.safeParse(value).success, JSON.stringify(value));
    assert.deepEqual(faults(value), expected);
  }
});

Deno.test("A schema that refers to itself without end is followed only so far", () => {
  const schema: JsonSchema = { $ref: "#/a", a: { anyOf: [{ $ref: "#/a" }] } };
  assert.deepEqual(schemaFaults(1, schema, schema), []);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import type { z } from "zod";
import { ConfigError } from "./issues.ts";
import { loadConfig } from "./load.ts";
import { parseRegistration, patched, patchSchema, registrationSchema } from "./schema.ts";

const FILE = { kind: "file", path: "a.mp4" };

function faults(value: unknown): string[] {
  try {
    parseRegistration(value);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

Deno.test("a file counts every frame by default", () => {
  assert.deepEqual(parseRegistration({ id: "f", source: FILE, pipeline: [{ model: "weir-pitch" }] }), {
    id: "f",
    source: { kind: "file", path: "a.mp4", pace: "fast", loop: false },
    pipeline: [{ model: "weir-pitch" }],
    policy: { mode: "block", weight: 1, capacity: 8 },
    labels: {},
  });
});

Deno.test("a live source is fresh by default: the newest frame wins, and results older than a second are worth nothing", () => {
  const { policy } = parseRegistration({ id: "c", source: { kind: "rtsp", url: "rtsp://camera/main" } });
  assert.deepEqual(policy, { mode: "latest", maxAgeMs: 1000, weight: 1, capacity: 8 });
});

Deno.test("what is said wins over the defaults", () => {
  const source = { kind: "rtsp", url: "rtsp://camera/main" };
  const policy = { mode: "drop-oldest", capacity: 3, fps: 5, maxAgeMs: 200, weight: 2 };
  assert.deepEqual(parseRegistration({ id: "c", source, policy }).policy, policy);
});

Deno.test("every field that does not fit is named by its path", () => {
  const found = faults({
    id: "bad id!",
    source: { kind: "file", path: "" },
    pipeline: [{ model: "m", minScore: 2 }, { model: "m", colour: "red" }],
    policy: { fps: -1, mode: "newest" },
    labels: { site: 7 },
    extra: true,
  });
  const paths = found.map((text) => text.slice(0, text.indexOf(": ")));
  assert.deepEqual(
    paths.sort(),
    ["", "id", "labels.site", "pipeline[0].minScore", "pipeline[1]", "policy.fps", "policy.mode", "source.path"].sort(),
  );
  assert.ok(found.some((text) => text.includes('"extra"')), found.join("\n"));
  assert.ok(found.some((text) => text.startsWith("pipeline[1]") && text.includes('"colour"')), found.join("\n"));
});

Deno.test("an unknown kind of source is answered with the kinds there are", () => {
  const [fault] = faults({ id: "a", source: { kind: "tape" } });
  assert.match(fault, /^source\.kind: /);
  assert.match(fault, /"file"/);
  assert.match(fault, /"rtsp"/);
});

Deno.test("an unknown analyzer is refused, and so is a step that is both", () => {
  assert.match(faults({ id: "a", source: FILE, pipeline: [{ analyzer: "fortune" }] })[0], /^pipeline\[0\]\.analyzer: /);
  assert.match(faults({ id: "a", source: FILE, pipeline: [{ analyzer: "fortune", model: "m" }] })[0], /^pipeline\[0\]/);
});

Deno.test("a change completes the policy by the source that it is for, and must change something", () => {
  const registration = parseRegistration({ id: "a", source: { kind: "rtsp", url: "rtsp://cam/1" } });
  const toFile = patched(registration, patchSchema.parse({ source: FILE, policy: {} }));
  assert.equal(toFile.policy.mode, "block");
  assert.equal(toFile.policy.maxAgeMs, undefined);
  const labelled = patched(registration, patchSchema.parse({ labels: { site: "north" } }));
  assert.deepEqual(labelled, { ...registration, labels: { site: "north" } });
  assert.equal(patchSchema.safeParse({}).success, false);
  assert.equal(patchSchema.safeParse({ id: "b" }).success, false);
});

Deno.test("two steps cannot share a name", () => {
  const pipeline = [{ model: "a", name: "x" }, { model: "b", name: "x" }];
  assert.deepEqual(faults({ id: "a", source: FILE, pipeline }), ["pipeline[1].name: step 0 is called x already"]);
});

Deno.test("a step on an earlier one must name one that comes before, and only such a step is told how to cut", () => {
  const pipeline = (...steps: Record<string, unknown>[]) => faults({ id: "a", source: FILE, pipeline: steps });
  const face = { model: "f", name: "face" };
  assert.deepEqual(pipeline({ model: "d" }, { model: "e", on: "detect.person", margin: 0.2, max: 4, everyNth: 5 }), []);
  assert.deepEqual(pipeline(face, { model: "e", on: "face.face" }, { model: "h", on: "embed" }), []);
  assert.deepEqual(pipeline(face, { model: "e", on: "fase" }), [
    "pipeline[1].on: no earlier step is called fase; before it are: face",
  ]);
  assert.deepEqual(pipeline({ model: "e", on: "face" }, face), [
    "pipeline[0].on: step face does not come before this one; no model comes before it",
  ]);
  assert.deepEqual(
    pipeline(face, { model: "e", name: "e", on: "e" })[0],
    "pipeline[1].on: step e does not come before this one; before it are: face",
  );
  assert.match(
    pipeline(face, { model: "e", everyNth: 2 })[0],
    /^pipeline\[1\]\.everyNth: everyNth is for steps that run on/,
  );
  assert.match(pipeline(face, { model: "e", on: "face", max: 0 })[0], /^pipeline\[1\]\.max/);
});

Deno.test("two sinks cannot share a name, nor names that some disks take for one", () => {
  const webhook = (name?: string) => ({ kind: "webhook", url: "https://a.example/", ...(name && { name }) });
  const sinks = (...names: (string | undefined)[]) => faults({ id: "a", source: FILE, sinks: names.map(webhook) });
  assert.deepEqual(sinks("one", "two"), []);
  assert.match(sinks("Door", "two", "dOOR")[0], /^sinks\[2\]\.name: another sink is called Door/);
  assert.match(sinks(undefined, "WebHook")[0], /^sinks\[1\]\.name: another sink is called webhook/);
});

Deno.test("the examples that the document shows are such as are taken", () => {
  const examples = (schema: z.ZodType) => schema.meta()?.examples as unknown[];
  assert.deepEqual(examples(registrationSchema).flatMap(faults), []);
  for (const example of examples(patchSchema)) assert.ok(patchSchema.safeParse(example).success);
});

Deno.test("a configuration file is read in YAML or JSON, and its faults are named with the file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "weir.yaml");
    await Deno.writeTextFile(path, "streams:\n  - id: f\n    source: { kind: file, path: a.mp4 }\n");
    assert.deepEqual((await loadConfig(path)).streams.map(({ id }) => id), ["f"]);
    await Deno.writeTextFile(path, JSON.stringify({ streams: [{ id: "f", source: FILE }, { id: "f", source: FILE }] }));
    await assert.rejects(
      loadConfig(path),
      (error: Error) =>
        error.message ===
          `Cannot use the configuration ${path}: streams[1].id: streams[0] is called f already (line 1)`,
    );
    await Deno.writeTextFile(path, "streams: [");
    await assert.rejects(loadConfig(path), new RegExp(`Cannot read the configuration ${path}`));
    await assert.rejects(loadConfig(join(folder, "none.yaml")), /Cannot read the configuration .*none\.yaml/);
    await Deno.writeTextFile(path, "");
    assert.deepEqual((await loadConfig(path)).streams, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

import assert from "node:assert/strict";
import { parseRegistration, registrationSchema } from "../../../config/schema.ts";
import { type AddForm, emptyForm } from "./add_form.ts";
import { fieldOf, registrationOf, sourceOf } from "./registration.ts";

const form = (filled: Partial<AddForm>): AddForm => ({ ...emptyForm(), ...filled });

Deno.test("what every kind of form makes is a registration as the server takes it", () => {
  const forms: Partial<AddForm>[] = [
    {
      kind: "address",
      address: " rtsp://10.0.0.7/main ",
      username: "me",
      password: "p@ss",
      transport: "udp",
    },
    {
      kind: "address",
      address: "https://example.org/match.mp4",
      model: "weir-pitch",
      minScore: "0,4",
    },
    { kind: "file", path: "/media/gate 1.mp4" },
    { kind: "file", path: "/media/gate 1.mp4", play: "once", maxFps: "5" },
    { kind: "scene" },
    { kind: "scene", scene: "counter", size: "640x360", fps: "12.5" },
    { kind: "scene", scene: "portrait" },
    { kind: "scene", scene: "portrait", model: "yunet", track: false },
    { kind: "camera", device: "0" },
  ];
  for (const filled of forms) {
    const { id, source, pipeline } = registrationOf(form(filled), []);
    const parsed = parseRegistration(registrationOf(form(filled), []));
    assert.equal(parsed.id, id);
    for (const [option, value] of Object.entries(source)) {
      assert.deepEqual(parsed.source[option], value, option);
    }
    assert.equal(parsed.pipeline.length, pipeline.length);
  }
});

Deno.test("an address is a camera's unless it says otherwise", () => {
  const kind = (address: string) => sourceOf(form({ address })).kind;
  assert.deepEqual(
    [
      "rtsp://a/b",
      "RTSPS://a",
      "10.0.0.7/live",
      "http://a/b.m3u8",
      "srt://a:9000",
      "udp://239.0.0.1:1234",
    ].map(kind),
    ["rtsp", "rtsp", "rtsp", "url", "url", "url"],
  );
});

Deno.test("a model comes with tracks where they are wanted, and the counter scene reads its own number", () => {
  const pipeline = (filled: Partial<AddForm>) => registrationOf(form({ kind: "scene", ...filled }), []).pipeline;
  assert.deepEqual(pipeline({ model: "m" }), [{ model: "m" }, { analyzer: "track" }]);
  assert.deepEqual(pipeline({ model: "m", track: false, minScore: "0.3" }), [{
    model: "m",
    minScore: 0.3,
  }]);
  assert.deepEqual(pipeline({ scene: "counter" }), [{ analyzer: "counter" }]);
  assert.deepEqual(pipeline({}), []);
});

Deno.test("a portrait's pulse is read, of the face that a model finds or else in the middle", () => {
  const pipeline = (model: string) => registrationOf(form({ kind: "scene", scene: "portrait", model }), []).pipeline;
  assert.deepEqual(pipeline("").map(({ analyzer, region }) => [analyzer, typeof region]), [["pulse", "object"]]);
  assert.deepEqual(pipeline("yunet"), [
    { model: "yunet", name: "face" },
    { analyzer: "track", on: "face" },
    { analyzer: "pulse", on: "face" },
  ]);
});

Deno.test("every fault that the server finds in a form has a field to stand at", () => {
  const wrong: { filled: Partial<AddForm>; fields: (keyof AddForm)[] }[] = [
    { filled: { kind: "address", address: "10.0.0.7/live" }, fields: ["address"] },
    { filled: { kind: "address", address: "ftp://a/b" }, fields: ["address"] },
    {
      filled: { kind: "address", address: "rtsp://a/b", transport: "pigeon" },
      fields: ["transport"],
    },
    { filled: { kind: "file", path: " " }, fields: ["path"] },
    { filled: { kind: "scene", fps: "many", size: "1x1", seed: "-1" }, fields: ["seed", "size", "size", "fps"] },
    { filled: { kind: "camera", device: "" }, fields: ["device"] },
    { filled: { kind: "scene", name: "a b", maxFps: "0" }, fields: ["name", "maxFps"] },
    { filled: { kind: "scene", model: "m", minScore: "2" }, fields: ["minScore"] },
  ];
  for (const { filled, fields } of wrong) {
    const given = form(filled);
    const { error } = registrationSchema.safeParse(registrationOf(given, []));
    assert.ok(error, JSON.stringify(filled));
    const faults = error.issues.flatMap((issue) =>
      issue.code === "invalid_union"
        ? issue.errors[0].map(({ path }) => [...issue.path, ...path].join("."))
        : [issue.path.join(".")]
    );
    assert.deepEqual(
      faults.map((path) => fieldOf(path, given)).toSorted(),
      fields.toSorted(),
      JSON.stringify(faults),
    );
  }
  assert.equal(fieldOf("labels", form({})), undefined);
  assert.equal(fieldOf("source.readTimeoutMs", form({})), undefined);
});

import assert from "node:assert/strict";
import { captureSchema } from "../../capture/capture_schema.ts";
import type { StreamRegistration } from "../../core/stream.ts";
import { changeText, parseChange } from "./parse_change.ts";

const registration: StreamRegistration = {
  id: "gate",
  source: { kind: "scene" },
  pipeline: [{ model: "weir-pitch" }],
  policy: { mode: "latest", weight: 1, capacity: 8 },
  labels: { site: "north" },
};

Deno.test("Only what differs is changed", () => {
  const text = changeText(registration);
  assert.deepEqual(parseChange(text, registration), { change: {} });
  assert.deepEqual(parseChange(text.replace("north", "south"), registration), {
    change: { labels: { site: "south" } },
  });
  assert.deepEqual(parseChange('{"pipeline":[]}', registration), {
    change: { pipeline: [] },
  });
});

Deno.test("Rules for what is kept can be added, changed and taken away", () => {
  const added = parseChange(changeText(registration).replace(/}\n$/, ',"capture":{"everySeconds":60}}'), registration);
  assert.deepEqual(added, { change: { capture: { everySeconds: 60 } } });
  const capture = captureSchema.parse({ everyNth: 5 });
  const keeping = { ...registration, capture };
  assert.deepEqual(parseChange(changeText(keeping), keeping), { change: {} });
  assert.deepEqual(parseChange('{"capture":null}', keeping), { change: { capture: null } });
});

Deno.test("A text that cannot be read says why and where", () => {
  const fault = (text: string) => (parseChange(text, registration) as { fault: string }).fault;
  assert.match(fault('{\n  "policy": {,}\n}'), /line 2/);
  assert.match(fault("[]"), /must be an object/);
  assert.match(fault('{"source":{}}'), /not source/);
});

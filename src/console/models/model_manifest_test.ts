import assert from "node:assert/strict";
import { manifestSchema } from "../../../models/manifest_schema.ts";
import { manifestOf, NO_FIELDS, PIXELS } from "./model_manifest.ts";

Deno.test("what people say of a file is a manifest as Weir takes it, and what they leave open is not in it", () => {
  assert.equal(manifestOf(NO_FIELDS), undefined);
  assert.deepEqual(manifestOf({ ...NO_FIELDS, labels: " cat\ndog \n\n", adapter: " yolo " }), {
    labels: ["cat", "dog"],
    adapter: "yolo",
  });
  assert.deepEqual(manifestOf({ ...NO_FIELDS, size: "640 × 480" }), { input: { size: [640, 480] } });
  assert.equal(manifestOf({ ...NO_FIELDS, size: "large" }), undefined);
  for (const pixels of Object.keys(PIXELS)) {
    manifestSchema.parse(manifestOf({ ...NO_FIELDS, size: "64x32", colour: "bgr", pixels }));
  }
});

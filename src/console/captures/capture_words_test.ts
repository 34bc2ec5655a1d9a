import assert from "node:assert/strict";
import { captureSchema } from "../../capture/capture_schema.ts";
import { rulesText } from "./capture_words.ts";

Deno.test("a stream's rules read as a sentence", () => {
  const text = (rules: object) => rulesText(captureSchema.parse(rules));
  assert.equal(
    text({ everySeconds: 60, below: 0.4, onAlert: true, keep: { days: 30 } }),
    "one every minute, what scores below 0.4, what alerts speak of; kept up to 30 days, 10.0 GB, 100,000 files",
  );
  assert.match(text({ everyNth: 250, clips: {} }), /^every 250th result, video from 5 s before alerts to 5 s after;/);
  assert.match(
    text({ everyNth: 1, everySeconds: 90, reservoir: 1200 }),
    /^every result, one every 90 s, a sample of 1,200 a day;/,
  );
  assert.match(text({}), /^nothing yet/);
});

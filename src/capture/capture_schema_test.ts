import assert from "node:assert/strict";
import { captureSchema } from "./capture_schema.ts";

Deno.test("rules are completed, and what is left out takes nothing", () => {
  assert.deepEqual(captureSchema.parse({ everyNth: 30, clips: {} }), {
    enabled: true,
    everyNth: 30,
    onAlert: false,
    perHour: 3600,
    quality: 95,
    keep: { bytes: 10e9, files: 100_000 },
    clips: { beforeSeconds: 5, afterSeconds: 5, bytes: 64 * 2 ** 20 },
  });
});

const upload = (over: object) => ({ upload: { endpoint: "https://s3.example.org", bucket: "frames", ...over } });

for (
  const [what, rules, path] of [
    ["a store's address with credentials", upload({ endpoint: "https://me:secret@s3.example.org" }), "upload.endpoint"],
    ["a store's address with a path", upload({ endpoint: "https://s3.example.org/frames" }), "upload.endpoint"],
    ["a store that is no web address", upload({ endpoint: "file:///etc" }), "upload.endpoint"],
    ["a store's address that is none", upload({ endpoint: "" }), "upload.endpoint"],
    ["a bucket that climbs", upload({ bucket: "../x" }), "upload.bucket"],
    ["a prefix that climbs out of what it is below", upload({ prefix: "a/../" }), "upload.prefix"],
    ["a prefix without its slash", upload({ prefix: "a" }), "upload.prefix"],
    ["keys of the store", upload({ secretAccessKey: "x" }), "upload"],
    ["a sample of none", { reservoir: 0 }, "reservoir"],
    ["a rule that there is not", { always: true }, ""],
  ] as const
) {
  Deno.test(`${what} is refused where it stands`, () => {
    const parsed = captureSchema.safeParse(rules);
    assert.equal(parsed.error?.issues[0].path.join("."), path);
  });
}

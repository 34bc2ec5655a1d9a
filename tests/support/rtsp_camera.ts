import assert from "node:assert/strict";
import type { Source } from "../../src/core/source.ts";
import { SourceError, type SourceErrorCode } from "../../src/core/source.ts";
import { livePictures } from "../../streams/av/picture.ts";
import { parseSourceConfig, sourceNamed } from "../../streams/sources/registry.ts";
import type { SourceRules } from "../../streams/sources/source_rules.ts";

/** Part of every address that tests open; it must never be seen again. */
export const SECRET = "s3cret";

/** A source of the kind `rtsp` for an address. A test of timeouts shortens them; to any other they are far away. */
export function rtspCamera(url: string, options: Record<string, unknown> = {}, rules?: SourceRules): Source {
  const config = parseSourceConfig({ kind: "rtsp", url, openTimeoutMs: 30_000, readTimeoutMs: 30_000, ...options });
  assert.ok(!sourceNamed("rtsp").redacted(config).includes(SECRET), "the redacted form keeps the secret");
  return sourceNamed("rtsp").open(config, { stream: "test", rules });
}

/** Checks how a run failed, and that nothing about the failure gives the secret away. */
export function assertFailed(end: unknown, code: SourceErrorCode, message?: RegExp): void {
  assert.ok(end instanceof SourceError, `a SourceError is expected, not ${end}`);
  assert.equal(end.code, code, end.message);
  if (message) assert.match(end.message, message);
  for (let error: unknown = end; error instanceof Error; error = error.cause) {
    assert.ok(
      !`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes(SECRET),
      `${error} tells the secret`,
    );
  }
}

/** Checks that every picture was let go of. */
export function assertNoPictures(): void {
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 }, "a picture is still held");
}

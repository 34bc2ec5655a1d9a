import assert from "node:assert/strict";
import { redactUrl, redactUrls } from "./redact.ts";

const CASES: [string, string][] = [
  ["rtsp://admin:secret@10.0.0.7:554/main", "rtsp://***@10.0.0.7:554/main"],
  ["rtsp://admin@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p@ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://:@cam/1", "rtsp://***@cam/1"],
  ["https://host/live.m3u8?token=abc&quality=high", "https://host/live.m3u8?token=***&quality=high"],
  ["https://host/a?X-Amz-Signature=00ff&Key=7#top", "https://host/a?X-Amz-Signature=***&Key=***#top"],
  [
    "https://host/a?access_token=1&api_key=2&sig=3&client_secret=4&password=5",
    "https://host/a?access_token=***&api_key=***&sig=***&client_secret=***&password=***",
  ],
  ["srt://host:9000?passphrase=hello&streamid=x", "srt://host:9000?passphrase=***&streamid=x"],
  ["https://host/a@b/c", "https://host/a@b/c"],
  ["https://host:8080/a@b?page=2", "https://host:8080/a@b?page=2"],
  ["/videos/match.mp4", "/videos/match.mp4"],
];

for (const [url, redacted] of CASES) {
  Deno.test(`${redacted} is what is shown of an address`, () => assert.equal(redactUrl(url), redacted));
}

Deno.test("every address in a text loses its credentials", () => {
  assert.equal(
    redactUrls("Cannot open rtsp://a:b@one/1: 401; then http://c:d@two/?key=5 failed, 'rtmp://e:f@three/live'"),
    "Cannot open rtsp://***@one/1: 401; then http://***@two/?key=*** failed, 'rtmp://***@three/live'",
  );
});

Deno.test("a password with reserved characters does not shine through", () => {
  for (const password of ["p/w", "p?w", "p#w", "a b", "x@y:z"]) {
    assert.ok(!redactUrl(`rtsp://user:${password}@cam/1`).includes("user"), password);
    assert.ok(!redactUrl(`rtsp://user:${password}@cam/1`).includes(password), password);
  }
});

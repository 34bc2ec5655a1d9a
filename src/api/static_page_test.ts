import assert from "node:assert/strict";
import { staticPage } from "./static_page.ts";

const page = staticPage({ text: "<p>hello", contentType: "text/html; charset=utf-8" });
const ask = (tag?: string) =>
  page(new Request("http://x/", tag === undefined ? {} : { headers: { "if-none-match": tag } }));

Deno.test("A page is sent once and then told by its tag, however weak it has become on the way", async () => {
  const first = ask();
  assert.equal(await first.text(), "<p>hello");
  const etag = first.headers.get("etag")!;
  assert.match(etag, /^"[\w-]{22}"$/);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = ask(tag);
    assert.equal(again.status, 304, tag);
    assert.equal(again.body, null);
    assert.equal(again.headers.get("etag"), etag);
  }
  for (const tag of ['"other"', "", etag.slice(1, -1)]) {
    const anew = ask(tag);
    assert.equal(anew.status, 200, tag);
    await anew.body?.cancel();
  }
});

Deno.test("Another text has another tag", () => {
  const other = staticPage({ text: "<p>hallo", contentType: "text/html" });
  assert.notEqual(other(new Request("http://x/")).headers.get("etag"), ask().headers.get("etag"));
});

import assert from "node:assert/strict";
import { finish } from "../../src/api/finish.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { problemResponse } from "../../src/api/problem.ts";
import { textAnswer, textOf } from "../../src/api/text_answer.ts";

Deno.test("an answer of text goes out whole, as long as its bytes are, and a HEAD without it", async () => {
  const text = JSON.stringify({ greeting: "grüß dich 👋" });
  await using listener = await Listener.start({
    hostname: "127.0.0.1",
    port: 0,
    api: {
      answer(request) {
        const headers = { "content-type": "application/json", vary: "Accept" };
        const head = request.method === "HEAD";
        const guards = { vary: "Origin", "X-Content-Type-Options": "guarded" };
        return Promise.resolve(
          finish(textAnswer(text, { status: 201, headers }), { requestId: "r1", head, headers: guards }),
        );
      },
      refuse: (problem) => problemResponse(problem, "urn:test"),
    },
  });
  for (let n = 0; n < 3; n++) {
    const { status, headers, ...got } = await fetch(listener.url).then(async (response) => ({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: await response.text(),
    }));
    assert.deepEqual([status, got.text], [201, text]);
    assert.equal(headers["content-length"], `${new TextEncoder().encode(text).length}`);
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers.vary, "Accept, Origin");
    assert.equal(headers["x-content-type-options"], "guarded");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-request-id"], "r1");
  }
  const head = await fetch(listener.url, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [201, ""]);
});

Deno.test("a text is an answer's own until somebody reads it", async () => {
  const answer = textAnswer("so", {});
  assert.equal(textOf(answer), "so");
  assert.equal(await answer.text(), "so");
  assert.equal(textOf(answer), undefined);
  assert.equal(textOf(new Response("so")), undefined);
});

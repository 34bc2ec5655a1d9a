import assert from "node:assert/strict";
import { snippets } from "./snippets.ts";

Deno.test("Snippets name the stream as an address must, and show a token only where one is needed", () => {
  const open = snippets("http://host:1", "gate", { token: false });
  assert.deepEqual(open.map(({ name }) => name), [
    "curl",
    "JavaScript",
    "Python",
    "Picture",
  ]);
  assert.equal(
    open[0].text,
    'curl -N "http://host:1/api/v1/streams/gate/events?types=result"\n',
  );
  for (const { name, text } of open) {
    assert.doesNotMatch(text, /token|ticket/i, name);
  }
  const closed = snippets("http://host:1", "gate", { token: true });
  for (const { name, text } of closed) assert.match(text, /token/i, name);
});

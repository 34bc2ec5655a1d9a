import assert from "node:assert/strict";
import { commandsOf, snippetsOf } from "./snippets.ts";

Deno.test("a block's commands are what a shell would run", () => {
  const text = `a one   # what it is
# a line of its own
b 'two
lines # not a comment' \\
  and more
c "x#y"#z
`;
  assert.deepEqual(commandsOf(text), ["a one", "b 'two\nlines # not a comment'   and more", 'c "x#y"#z']);
});

Deno.test("a document's blocks come with their kind", () => {
  const found = snippetsOf("x.md", "text\n```sh\nls\n```\nmore\n```\nplain\n```\n");
  assert.deepEqual(found.map(({ kind, text }) => [kind, text]), [["sh", "ls\n"], ["", "plain\n"]]);
});

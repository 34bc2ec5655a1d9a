import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { parseRegistration } from "../../config/schema.ts";
import { parseSource } from "../../streams/sources/registry.ts";

const text = (path: string) => Deno.readTextFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const readme = text("README.md");
const sources = text("docs/sources.md");
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text }));

Deno.test("every task of the README is in deno.json, and every word in the table of sources is one", () => {
  const { tasks } = JSON.parse(text("deno.json"));
  for (const [, task] of readme.matchAll(/\btask (\w+)/g)) assert.ok(Object.hasOwn(tasks, task), task);
  const rows = sources.split("\n").filter((line) => /^\| `/.test(line) && line.split("|").length === 5);
  const words = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`([^`]+)`/g)].map(([, word]) => word));
  assert.ok(words.length >= 8, "docs/sources.md has lost its table");
  for (const word of words) parseSource(word.split(" ")[0].replace("…", "host/path"));
});

Deno.test("the README's configurations fit", () => {
  const ids = blocks.filter(({ kind }) => kind === "yaml").flatMap(({ text }) => {
    const { streams = [] } = parse(text) as { streams?: unknown[] };
    return streams.map((stream) => parseRegistration(stream).id);
  });
  assert.ok(["pitch", "gate", "yard"].every((id) => ids.includes(id)), ids.join());
});

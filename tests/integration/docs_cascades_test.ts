import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { cascadeKeys } from "../../config/cascade_schema.ts";
import { configSchema } from "../../config/load.ts";

const page = Deno.readTextFileSync(fileURLToPath(new URL("../../docs/cascades.md", import.meta.url)));
const blocks = (kind: string) => [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, of]) => of === kind);

Deno.test("the configurations on the page about cascades fit", () => {
  const configs = blocks("yaml").map(([, , text]) => configSchema.parse(parse(text)));
  assert.deepEqual(configs.flatMap(({ streams }) => streams.map(({ id }) => id)), ["entrance", "desk", "seminar"]);
  assert.deepEqual(configs.flatMap(({ predict }) => Object.keys(predict.pipelines)), ["engagement"]);
  assert.ok(configs.some(({ similarity }) => similarity.redis !== undefined));
  assert.equal(blocks("json").map(([, , text]) => JSON.parse(text)).length, 2);
});

Deno.test("the page about cascades has every key, with the default that it has", () => {
  for (const [key, schema] of Object.entries(cascadeKeys)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${key}\` |`));
    assert.ok(row, key);
    const otherwise = /default ([\d.]+)/.exec(schema.description ?? "")?.[1];
    if (otherwise !== undefined) assert.equal(row.split("|")[3].trim(), otherwise, key);
  }
});

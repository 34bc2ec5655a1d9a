import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseRegistration } from "../../config/schema.ts";
import { parseExpression } from "../../src/analyzers/alert_expression.ts";
import { FUNCTIONS } from "../../src/analyzers/alert_functions.ts";

const page = Deno.readTextFileSync(new URL("../../docs/analyzers.md", import.meta.url));

Deno.test("the page of analyzers has configurations that fit and expressions that parse", () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  const ids = blocks.flatMap((text) => (parse(text) as { streams: unknown[] }).streams.map(parseRegistration));
  assert.deepEqual(ids.map(({ id }) => id), ["yard-shapes"]);
  const conditions = page.slice(page.indexOf("## Conditions"));
  const quoted = [...conditions.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);
  const expressions = quoted.filter((text) => /^[a-z]+(\.|\[|\()/.test(text) && !text.includes("…"));
  assert.ok(expressions.length >= 10, expressions.join("\n"));
  for (const expression of expressions) parseExpression(expression);
  for (const name of Object.keys(FUNCTIONS)) assert.ok(quoted.some((text) => text.startsWith(`${name}(`)), name);
});

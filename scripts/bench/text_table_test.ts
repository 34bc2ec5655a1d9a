import assert from "node:assert/strict";
import { markdownTable, textTable } from "./text_table.ts";

const HEAD = ["network", "per s", "notes"];
const ROWS = [["a", "9.5", "–"], ["longer", "120.0", "slow"]];

Deno.test("a text table aligns words to the left and numbers to the right", () => {
  assert.equal(
    textTable(HEAD, ROWS),
    [
      "network  per s  notes",
      "───────  ─────  ─────",
      "a          9.5  –",
      "longer   120.0  slow",
    ].join("\n"),
  );
});

Deno.test("a Markdown table has one line a row and a rule under its head", () => {
  assert.equal(
    markdownTable(HEAD, ROWS),
    [
      "| network | per s | notes |",
      "| --- | --- | --- |",
      "| a | 9.5 | – |",
      "| longer | 120.0 | slow |",
    ].join("\n"),
  );
});

import assert from "node:assert/strict";
import type { Command } from "./flags.ts";
import { helpPage } from "./help.ts";
import { parseHelp, rowsOf } from "./help_text.ts";

const FLAGS = {
  out: { type: "string", value: "FILE", description: "where it goes; ".repeat(12).trim() },
  fast: { type: "boolean", description: "at once" },
} as const;

const COMMAND: Command<typeof FLAGS> = {
  name: "toast",
  summary: "toasts bread: slowly",
  usage: "SLICE… [options]",
  flags: FLAGS,
  notes: [["Verbs", ["start  begins", "stop   ends"]]],
  examples: [["weir toast rye", "one slice"]],
};

Deno.test("a page that help made is read back as it was declared", () => {
  const page = parseHelp(helpPage(COMMAND));
  assert.deepEqual([page.title, page.summary], ["weir toast", "toasts bread: slowly"]);
  assert.deepEqual(page.usage, ["weir toast SLICE… [options]"]);
  assert.deepEqual(page.options, [
    { name: "--out", value: "FILE", description: FLAGS.out.description },
    { name: "--fast", description: "at once" },
    { name: "--help", description: "this page" },
  ]);
  assert.deepEqual(page.notes.map(({ heading }) => heading), ["Verbs", "Examples"]);
  assert.deepEqual(rowsOf(page.notes[0].lines), [["start", "begins"], ["stop", "ends"]]);
});

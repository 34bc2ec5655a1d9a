import assert from "node:assert/strict";
import axe from "axe-core";
import type { BrowserPage } from "./browser.ts";
import { resize } from "./console_layout.ts";

const SIZES = [{ width: 390, height: 844 }, { width: 1280, height: 900 }];
const THEMES = ["light", "dark"];

interface Looked {
  /** Rules that were kept. */
  passed: string[];
  results: { id: string; help: string; nodes: string[] }[];
}

/** What axe finds on the page as it stands, in every size and theme. */
export async function violations(page: BrowserPage): Promise<string[]> {
  const found = new Set<string>();
  for (const size of SIZES) {
    await resize(page, size);
    for (const theme of THEMES) {
      await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
      if (!await page.evaluate("typeof axe === 'object'")) await page.evaluate(axe.source);
      const { passed, results } = await page.evaluate<Looked>(`
        axe.run(document, { resultTypes: ["violations"] }).then(({ passes, violations }) => ({
          passed: passes.map(({ id }) => id),
          results: violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html.slice(0, 120)) })),
        }))`);
      assert.ok(passed.includes("color-contrast") && passed.length > 10, `axe looked at little: ${passed}`);
      for (const { id, help, nodes } of results) {
        found.add(`in ${theme} at ${size.width}: ${id}: ${help}: ${nodes.slice(0, 3).join(" ")}`);
      }
    }
  }
  return [...found];
}

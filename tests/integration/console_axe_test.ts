import assert from "node:assert/strict";
import axe from "axe-core";
import { type BrowserPage, CHROMIUM } from "../support/browser.ts";
import { resize } from "../support/console_layout.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";

const SIZES = [{ width: 390, height: 844 }, { width: 1280, height: 900 }];
const THEMES = ["light", "dark"];
/** Each page, and what tells that it shows what there is. */
const PAGES: readonly { hash: string; shows: string; press?: string }[] = [
  { hash: "#/", shows: ".tile canvas.live.begun" },
  { hash: "#/streams/pitch", shows: ".moments li" },
  { hash: "#/streams/gone", shows: ".history td" },
  { hash: "#/streams/pitch", press: "Draw", shows: ".shape-panel li" },
  { hash: "#/streams/nobody", shows: ".empty" },
  { hash: "#/add", shows: "form.add" },
  { hash: "#/add", press: "File", shows: ".media li" },
  { hash: "#/webcam", shows: ".webcam" },
  { hash: "#/engagement", shows: "main .empty" },
  { hash: "#/vitals", shows: ".stage.start" },
  { hash: "#/vitals", press: "Play the sample", shows: ".heart, .advice li" },
  { hash: "#/predict", shows: ".predict, .drop" },
  { hash: "#/captures", shows: ".thumb img" },
  { hash: "#/models", shows: "main .panel .stats" },
  { hash: "#/models", press: "Models that Weir knows and can fetch", shows: ".zoo li" },
  { hash: "#/system", shows: ".tree .line" },
];
/** What opens over a page: the page, and the words on the button that opens it. */
const DIALOGS: readonly { hash: string; button: string }[] = [
  { hash: "#/streams/pitch", button: "Edit" },
  { hash: "#/streams/pitch", button: "Use in code" },
  { hash: "#/streams/pitch", button: "Delete" },
];
/** What is around every page: by its label, and what of it is shown then. */
const AROUND: readonly { label: string; shows: string }[] = [
  { label: "Pages", shows: "nav.open" },
  { label: "Keys", shows: "dialog[open]" },
];

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

inBrowser("axe finds nothing wrong on any page that shows live streams, in both themes, small and large", async () => {
  // This folder has folders, which is all that is wanted of it.
  const flags = ["--media-root", new URL("../", import.meta.url).pathname];
  await using server = await ConsoleServer.start({ flags });
  await server.ask("POST", "/api/v1/streams", {
    id: "pitch",
    source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
    pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }, {
      analyzer: "zones",
      zones: { box: { points: [[0, 0], [1, 0], [1, 1]] } },
    }],
    policy: { maxAgeMs: 60_000 },
    labels: { site: "north" },
    capture: { everySeconds: 2 },
  });
  await server.ask("POST", "/api/v1/streams", { id: "gone", source: { kind: "rtsp", url: "rtsp://127.0.0.1:1/main" } });
  await using view = await ConsolePage.open(server.url, { place: "#/" });
  const { page } = view;
  const found: string[] = [];
  for (const { hash, shows, press } of PAGES) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    if (press !== undefined) await view.press(press);
    await page.until(`document.querySelector(${JSON.stringify(shows)})`);
    found.push(...(await violations(page)).map((violation) => `${hash} ${violation}`));
  }
  for (const { hash, button } of DIALOGS) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await view.press(button);
    await page.until(`document.querySelector("dialog[open]")`);
    found.push(...(await violations(page)).map((violation) => `${button} on ${hash} ${violation}`));
    await page.evaluate(`document.querySelector("dialog[open] .actions button").click()`);
    await page.until(`!document.querySelector("dialog")`);
  }
  for (const { label, shows } of AROUND) {
    await page.evaluate(`document.querySelector("button[aria-label=${label}]").click()`);
    await page.until(`document.querySelector("${shows}")`);
    found.push(...(await violations(page)).map((violation) => `${label} ${violation}`));
  }
  assert.deepEqual(found, []);
});

inBrowser("axe finds nothing wrong where there are no streams yet, nor where a token is asked for", async () => {
  await using server = await ConsoleServer.start({ token: "operator-token-0123456789" });
  await using view = await ConsolePage.open(server.url, { place: "#/" });
  assert.deepEqual(await violations(view.page), []);
  await view.fill("Token", "operator-token-0123456789");
  await view.press("Go on");
  await view.page.until(`document.querySelector("main .empty")`);
  assert.deepEqual(await violations(view.page), []);
});

interface Looked {
  /** Rules that were kept. */
  passed: string[];
  results: { id: string; help: string; nodes: string[] }[];
}

/** What axe finds on the page as it stands, in every size and theme. */
async function violations(page: BrowserPage): Promise<string[]> {
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

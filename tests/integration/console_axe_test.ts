import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { violations } from "../support/axe.ts";
import { CHROMIUM } from "../support/browser.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";

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

/** What opens over a page that has something to show: where, what opens it (in the page), and what shows that it is open. */
const OPENED: readonly { hash: string; opens: string; shows: string }[] = [
  {
    hash: "#/models",
    opens:
      `[...document.querySelectorAll("main button")].find(({ ariaLabel }) => ariaLabel?.endsWith("cells a canary"))`,
    shows: "dialog[open] input",
  },
  {
    hash: "#/models",
    opens:
      `[...document.querySelectorAll("main button")].find(({ ariaLabel }) => ariaLabel?.startsWith("Delete version"))`,
    shows: "dialog[open]",
  },
  {
    hash: "#/models",
    opens:
      `[...document.querySelectorAll("main button")].find(({ textContent }) => textContent === "Delete the model")`,
    shows: "dialog[open]",
  },
  {
    hash: "#/models",
    opens: `(document.querySelector("details:has(.zoo)").open = true, document.querySelector(".zoo button"))`,
    shows: "dialog[open] a",
  },
  { hash: "#/streams/pitch", opens: `document.querySelector(".alerts button")`, shows: "dialog[open] .alert-picture" },
  { hash: "#/captures", opens: `document.querySelector(".thumb")`, shows: "dialog[open] [role=tablist]" },
  {
    hash: "#/captures",
    opens: `[...document.querySelectorAll("main button")].find(({ textContent }) => textContent === "Make a dataset")`,
    shows: "dialog[open] pre",
  },
];

inBrowser("axe finds nothing wrong in what opens over models, alerts and captures", async () => {
  await inDirectory(async (directory) => {
    const licensed = {
      describe: "cells of three colours",
      task: "detect",
      adapter: "yolo",
      licence: "AGPL-3.0-only",
      home: "https://example.org/licence",
      url: "http://127.0.0.1:9/cells.onnx",
      bytes: 1000,
      sha256: createHash("sha256").update("nobody fetches it").digest("hex"),
    };
    await Deno.writeTextFile(`${directory}/zoo.json`, JSON.stringify({ v: 1, models: { licensed } }));
    await Deno.writeTextFile(`${directory}/weir.yaml`, JSON.stringify({ zoo: { list: `${directory}/zoo.json` } }));
    await using server = await ConsoleServer.start({ flags: ["--config", `${directory}/weir.yaml`] });
    for (const size of [64, 96]) await server.addModel("cells", tinyDetector({ size }));
    await server.ask("POST", "/api/v1/streams", {
      id: "pitch",
      source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
      pipeline: [
        { model: "weir-pitch" },
        { analyzer: "alert", when: 'any(detect, "player", 0.3)', repeat: true, cooldownS: 2, message: "a player" },
      ],
      policy: { maxAgeMs: 60_000 },
      capture: { onAlert: true },
    });
    await using view = await ConsolePage.open(server.url, { place: "#/models" });
    const { page } = view;
    const found: string[] = [];
    for (const { hash, opens, shows } of OPENED) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.until(`(() => { try { return ${opens}; } catch { return undefined; } })()`);
      await page.evaluate(`${opens}.click()`);
      await page.until(`document.querySelector(${JSON.stringify(shows)})`);
      found.push(...(await violations(page)).map((violation) => `${shows} on ${hash} ${violation}`));
      await page.evaluate(
        `document.querySelector("dialog[open]").dispatchEvent(new Event("cancel", { cancelable: true }))`,
      );
      await page.until(`!document.querySelector("dialog")`);
    }
    assert.deepEqual(found, []);
  });
});

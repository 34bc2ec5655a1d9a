import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { layoutFaults, resize } from "../support/console_layout.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";

const WIDTHS = [360, 390, 768, 1280, 1920, 2560, 3840];
const LONG = "a-camera-with-a-name-that-is-longer-than-most-names-are";
/** What browsers' makers call good, of the sum of all shifts. */
const SHIFT_MOST = 0.1;
const WATCH_SHIFTS = `
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) shifts.push(value);
  }).observe({ type: "layout-shift", buffered: true });`;
/** Each page, and what tells that it shows what there is. */
const PAGES: readonly { hash: string; shows: string }[] = [
  { hash: "#/", shows: `.tile[data-stream="${LONG}"] canvas.live.begun` },
  { hash: `#/streams/${LONG}`, shows: ".moments li" },
  { hash: "#/streams/gone", shows: ".history td" },
  { hash: "#/add", shows: "form.add" },
  { hash: "#/webcam", shows: ".webcam" },
  { hash: "#/engagement", shows: "main .empty" },
  { hash: "#/vitals", shows: ".stage.start" },
  { hash: "#/predict", shows: ".predict, .drop" },
  { hash: "#/captures", shows: ".thumb img" },
  { hash: "#/models", shows: "main .panel .stats" },
  { hash: "#/system", shows: ".tree .line" },
];

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

/** A server with a stream that shows something, and one in trouble. */
async function served(): Promise<ConsoleServer> {
  const server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", {
    id: LONG,
    source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
    pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
    policy: { maxAgeMs: 60_000 },
    labels: { site: "north" },
    capture: { everySeconds: 2 },
  });
  await server.ask("POST", "/api/v1/streams", {
    id: "gone",
    source: { kind: "rtsp", url: "rtsp://127.0.0.1:1/no/such/camera/behind/an/address/that/goes/on/and/on" },
  });
  return server;
}

inBrowser("Every page keeps all of its words in sight, from a small phone to a wall of screens", async () => {
  await using server = await served();
  await using view = await ConsolePage.open(server.url, { place: "#/" });
  const { page } = view;
  await page.evaluate(
    `document.body.insertAdjacentHTML("beforeend", '<p id="cut" class="small">words that are cut</p>');
    Object.assign(document.getElementById("cut").style, { width: "20px", overflow: "hidden", whiteSpace: "nowrap" })`,
  );
  assert.deepEqual(
    await layoutFaults(page),
    ['"words that are cut" is cut off by <p class="small">'],
    "it sees what is cut",
  );
  await page.evaluate(`document.getElementById("cut").remove()`);
  const faults: string[] = [];
  for (const { hash, shows } of PAGES) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.until(`document.querySelector(${JSON.stringify(shows)})`);
    for (const width of WIDTHS) {
      await resize(page, { width, height: 900 });
      const menu = `document.querySelector(".top .menu button")`;
      const folded = await page.evaluate<boolean>(`${menu}.checkVisibility()`);
      if (folded) await page.evaluate(`${menu}.click()`);
      await page.until(`[...document.querySelectorAll(".top nav a")].every((link) => link.checkVisibility())`);
      for (const fault of await layoutFaults(page)) faults.push(`${hash} at ${width}: ${fault}`);
      if (folded) await page.evaluate(`${menu}.click()`);
    }
  }
  assert.deepEqual(faults, []);
  assert.deepEqual(view.complaints, []);
});

inBrowser("Nothing jumps while a page fills", async () => {
  await using server = await served();
  await using view = await ConsolePage.open(server.url, { place: "#/" });
  const { page } = view;
  await page.send("Page.addScriptToEvaluateOnNewDocument", { source: WATCH_SHIFTS });
  const jumps: string[] = [];
  for (const width of [390, 1280]) {
    await resize(page, { width, height: 900 });
    for (const { hash, shows } of PAGES) {
      let moved = Infinity;
      // What jumps does so every time; on a busy machine a stream may just then change its state.
      for (let look = 0; look < 3 && moved >= SHIFT_MOST; look++) {
        await page.goto("about:blank");
        await page.goto(`${server.url}/${hash}`);
        await page.until(`document.readyState === "complete" && document.querySelector(${JSON.stringify(shows)})`);
        // Figures come a moment after what they stand in.
        await page.until("performance.now() > 2500");
        moved = await page.evaluate<number>("shifts.reduce((sum, shift) => sum + shift, 0)");
      }
      if (moved >= SHIFT_MOST) jumps.push(`${hash} at ${width}: ${moved.toFixed(3)}`);
    }
  }
  assert.deepEqual(jumps, []);
});

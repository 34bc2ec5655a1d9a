import assert from "node:assert/strict";
import { tinyEmbedder } from "../../scripts/bench/cascade_models.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { violations } from "../support/axe.ts";
import { CHROMIUM } from "../support/browser.ts";
import { squareCamera } from "../support/console_camera.ts";
import { ConsolePage, FAKE_CAMERA } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

inBrowser("A camera's faces are judged by what models there are, and their gauges move", async () => {
  await inDirectory(async (directory) => {
    await using server = await ConsoleServer.start();
    // What it finds are coloured areas: one is what this camera shows in the place of a face.
    const flags = await squareCamera(directory);
    await server.addModel("faces", tinyDetector());
    await server.addModel("look", tinyEmbedder({ numbers: 128 }));
    await using view = await ConsolePage.open(server.url, {
      place: "#/engagement",
      width: 390,
      height: 844,
      flags,
    });
    const { page } = view;
    await page.until(`[...document.querySelectorAll("main select")].some(({ value }) => value === "engagement-demo")`);
    await view.fill("A face is judged", "0.2");
    await view.press("Start");
    await page.until(`document.querySelectorAll('[role="meter"]').length === 4`);
    await page.until(`document.querySelectorAll(".gauges .sparkline path[d*=L]").length === 4`);
    await page.until(`document.querySelector("main").textContent.includes("ynthetic")`);
    const values = await page.evaluate<number[]>(
      `[...document.querySelectorAll('[role="meter"]')].map((meter) => Number(meter.ariaValueNow))`,
    );
    assert.ok(values.every((value) => value >= 0 && value <= 100), `${values}`);
    const { streams: [{ registration: { pipeline } }] } = await server.ask("GET", "/api/v1/streams") as {
      streams: { registration: { pipeline: Record<string, unknown>[] } }[];
    };
    assert.deepEqual([pipeline[2].on, pipeline[2].everyNth], ["face", 2]);
    const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    assert.ok(over <= 0, `${over} pixels too wide for a phone`);
    assert.deepEqual(await violations(page), [], "axe, while the gauges move");
    await view.press("Stop");
    await page.until(`!document.querySelector(".stage video")`);
    assert.deepEqual(view.complaints, []);
  });
});

inBrowser("Where a model is missing the page says which, and where it is added", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/engagement", flags: FAKE_CAMERA });
  await view.page.until(`document.querySelector("main .empty")?.textContent.includes("an embedding")`);
  assert.ok(await view.page.evaluate(`document.querySelector(".page-head .button").disabled`));
  await view.page.evaluate(`document.querySelector("main .empty a").click()`);
  await view.page.until(`document.querySelector("h1").textContent === "Models"`);
  assert.deepEqual(view.complaints, []);
});

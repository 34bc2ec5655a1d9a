import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { makeClip } from "../support/clips.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

inBrowser("A video is found folder by folder below the media root, and added", async () => {
  await inDirectory(async (root) => {
    await Deno.mkdir(`${root}/week 2/north`, { recursive: true });
    await Deno.copyFile(makeClip(), `${root}/week 2/gate.mp4`);
    await using server = await ConsoleServer.start({ flags: ["--media-root", root] });
    await using view = await ConsolePage.open(server.url, { place: "#/add", width: 390, height: 844 });
    const { page } = view;
    const entry = (name: string) =>
      `[...document.querySelectorAll(".media li button")].find((button) => button.querySelector(".name").textContent === ${
        JSON.stringify(name)
      })`;
    await view.press("File");
    await page.until(entry("week 2"));
    await page.evaluate(`${entry("week 2")}.click()`);
    await page.until(entry("north"));
    await page.evaluate(`${entry("north")}.click()`);
    await page.until(`document.querySelector(".media").textContent.includes("no video in this folder")`);
    await view.press("week 2");
    await page.until(entry("gate.mp4"));
    await page.evaluate(`${entry("gate.mp4")}.click()`);
    await page.until(`${entry("gate.mp4")}.getAttribute("aria-pressed") === "true"`);
    await view.press("Test the connection");
    await page.until(`document.querySelector(".probe img")?.naturalWidth === 320`);
    await view.press("Add the stream");
    await page.until(`location.hash === "#/streams/gate"`);
    await page.until(`document.querySelector("canvas.live.begun")`);
    const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    assert.ok(over <= 0, `${over} pixels too wide for a phone`);
    assert.deepEqual(view.complaints, []);
  });
});

inBrowser("A server without a media root says how it is given one", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/add" });
  await view.press("File");
  await view.page.until(`document.querySelector(".empty")?.textContent.includes("--media-root")`);
  assert.deepEqual(view.complaints, []);
});

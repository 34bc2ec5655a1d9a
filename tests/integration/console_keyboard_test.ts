import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { Keys } from "../support/console_keys.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";

const NAME = "A stream is added, looked at, paused and deleted by keys alone";

Deno.test({
  name: NAME,
  ignore: skip(NAME, CHROMIUM !== undefined, "Chromium"),
  async fn() {
    await using server = await ConsoleServer.start();
    await using view = await ConsolePage.open(server.url, { place: "#/models" });
    const { page } = view;
    const keys = new Keys(page);
    await keys.press("g", "a");
    await page.until(`document.querySelector("form.add")`);
    await keys.tabTo("Camera or address");
    await keys.press("ArrowDown", "ArrowDown");
    await keys.tabTo("Frames a second");
    await keys.write("5");
    await keys.tabTo("Name");
    await keys.write("by-keys");
    await keys.press("Enter");
    // While the form is still there, letters are meant for it.
    await page.until(`location.hash === "#/streams/by-keys" && !document.querySelector("form.add")`);

    await keys.press("g", "w");
    await page.until(`document.querySelector(".tile")`);
    await keys.press("/");
    await page.until(`document.activeElement.matches("[data-search]")`);
    await keys.write("keys");
    await page.until(`document.activeElement.value === "keys" && document.querySelectorAll(".tile").length === 1`);
    await page.until(`document.querySelector(".tile .name")?.textContent.trim() === "by-keys"`);
    await keys.tabTo(/^by-keys, /);
    await keys.press("Enter");
    await page.until(`location.hash === "#/streams/by-keys"`);
    await page.until(`document.querySelector(".page-head .badge")?.textContent.includes("running")`);
    await keys.tabTo("Pause");
    await keys.press(" ");
    await page.until(`document.querySelector(".page-head .badge").textContent.includes("paused")`);

    await keys.tabTo("Delete");
    await keys.press("Enter");
    await page.until(`document.querySelector("dialog[open]")`);
    await keys.press("Escape");
    await page.until(`!document.querySelector("dialog[open]")`);
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Delete", "the focus is where it was");
    await keys.press("Enter");
    await page.until(`document.querySelector("dialog[open]")`);
    await keys.tabTo("Delete");
    await keys.press("Enter");
    await page.until(`location.hash === "#/" && document.querySelector(".empty")`);
    assert.deepEqual(await server.ask("GET", "/api/v1/streams"), { streams: [] });
    assert.deepEqual(view.complaints, []);
  },
});

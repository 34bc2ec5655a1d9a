import assert from "node:assert/strict";
import { rememberMeasured, thisMachine } from "../../src/service/measured_ceiling.ts";
import { CHROMIUM } from "../support/browser.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";

const NAME = "the system page says how to measure the machine, and holds what a model does against what was measured";

Deno.test({
  name: NAME,
  ignore: skip(NAME, CHROMIUM !== undefined, "Chromium"),
  async fn() {
    await using server = await ConsoleServer.start();
    await using view = await ConsolePage.open(server.url, { place: "#/system" });
    const { page } = view;
    await page.until(`document.querySelector("main code")?.textContent === "weir bench --quick --only efficiency"`);
    await server.ask("POST", "/api/v1/streams", {
      id: "pitch",
      source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
      pipeline: [{ model: "weir-pitch" }],
    });
    await page.until(`document.querySelector("main code")?.textContent.endsWith("--model weir-pitch")`);
    const { sha256 } = await server.ask("GET", "/api/v1/models/weir-pitch") as { sha256: string };
    const found = {
      sha256,
      label: "weir-pitch",
      measuredAt: "2026-01-31T12:00:00.000Z",
      ...thisMachine(),
      version: "1.2.3",
      weirPerSecond: 123.4,
      barePerSecond: 130,
      disturbed: false,
    };
    await rememberMeasured(server.dataDir, [found]);
    const row = `document.querySelector(".throughput tbody tr")`;
    await page.until(`${row}?.querySelector("[data-name=Measured]").textContent === "123"`);
    assert.match(
      await page.evaluate(`${row}.querySelector("th").textContent`),
      /Measured on 31 Jan 2026, Weir 1\.2\.3, \d+ cores? of/,
    );
    assert.equal(await page.evaluate(`document.querySelector("main code")`), null, "nothing is left to measure");
    await page.until(`/^\\d+ %$/.test(${row}.querySelector(".in-use .figure").textContent)`);

    await rememberMeasured(server.dataDir, [{ ...found, cores: found.cores + 1, disturbed: true }]);
    await page.until(`${row}.textContent.includes("another machine")`);
    await page.until(`${row}.textContent.includes("while other programs ran")`);
    assert.deepEqual(view.complaints, []);
  },
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { tinyDetector, unnamedClassifier } from "../../scripts/bench/sample_models.ts";
import { type BrowserPage, CHROMIUM } from "../support/browser.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

/** Drops a file on the page, as a hand does. */
async function drop(page: BrowserPage, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(`{
    const bytes = Uint8Array.from(atob("${Buffer.from(bytes).toString("base64")}"), (char) => char.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], ${JSON.stringify(name)}));
    document.querySelector("main").dispatchEvent(
      new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }`);
}

/** The words of the card of a model. */
const card = (name: string) =>
  `[...document.querySelectorAll("main .panel")].find((panel) => panel.querySelector("h2").textContent === "${name}")`;
const labelled = (label: string) =>
  `[...document.querySelectorAll("main button")].find((button) => button.getAttribute("aria-label") === "${label}")`;

inBrowser(
  "A model is added by dropping its file, gets a second version, which is used, left again and deleted",
  async () => {
    await using server = await ConsoleServer.start();
    await using view = await ConsolePage.open(server.url, { place: "#/models" });
    const { page } = view;
    await page.until(`document.querySelector(".drop")`);
    await drop(page, "my cells.onnx", tinyDetector());
    await page.until(`document.querySelector("form .note")?.textContent.includes("detect, read by the adapter yolo")`);
    assert.equal(
      await page.evaluate(`document.querySelector(".open-question")`),
      null,
      "nothing is asked that is known",
    );
    await view.fill("Model's name", "cells");
    await view.press("Add the model");
    await page.until(`${card("cells")}?.textContent.includes("Version 1")`);

    await drop(page, "wide.onnx", tinyDetector({ size: 96 }));
    await page.until(`document.querySelector("form .note")?.textContent.includes("Recognised")`);
    await view.fill("Model's name", "cells");
    await view.press("Add the model");
    const inUse = (version: string) =>
      `[...(${card("cells")}?.querySelectorAll(".versions li") ?? [])].find((one) =>
      one.textContent.includes("in use"))?.textContent.includes("Version ${version}")`;
    await page.until(`${labelled("Use version 2 of cells")}`);
    await page.until(inUse("1"));
    await page.evaluate(`${labelled("Use version 2 of cells")}.click()`);
    await page.until(inUse("2"));
    await view.press("Back to version 1");
    await page.until(inUse("1"));

    await page.until(`${labelled("Make version 2 of cells a canary")}`);
    await page.evaluate(`${labelled("Make version 2 of cells a canary")}.click()`);
    await page.until(`document.querySelector("dialog[open] input")?.value === "10"`);
    await page.evaluate(`document.querySelector("dialog[open] .button.primary").click()`);
    await page.until(`${card("cells")}.textContent.includes("canary, 10 %")`);
    await view.press("End canary");
    await page.until(`!${card("cells")}.textContent.includes("canary, 10 %")`);

    await page.until(`${labelled("Delete version 2 of cells")}`);
    await page.evaluate(`${labelled("Delete version 2 of cells")}.click()`);
    await page.until(`document.querySelector("dialog[open]")`);
    await page.evaluate(`document.querySelector("dialog[open] .button.danger").click()`);
    await page.until(`!${card("cells")}.textContent.includes("Version 2")`);
    await view.press("Delete the model");
    await page.until(`document.querySelector("dialog[open]")`);
    await page.evaluate(`document.querySelector("dialog[open] .button.danger").click()`);
    await page.until(`!${card("cells")}`);
    assert.deepEqual(view.complaints, []);
  },
);

inBrowser("What a file leaves open is asked, what is no model is told, and the zoo says what is in it", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/models", width: 390, height: 844 });
  const { page } = view;
  await page.until(`document.querySelector(".drop")`);
  await drop(page, "notes.onnx", new TextEncoder().encode("this is no model at all"));
  await page.until(`document.querySelector(".note.error")?.textContent.includes("not an ONNX file")`);
  await view.press("Cancel");
  await page.until(`!document.querySelector(".note.error")`);

  await drop(page, "bare.onnx", unnamedClassifier());
  await page.until(`document.querySelector(".open-question textarea")`);
  await view.fill("Labels", "rot\ngrün\nblau\nweiß\nschwarz");
  await view.press("Look again with this");
  await page.until(`document.querySelector("form .note") && !document.querySelector(".open-question textarea")`);
  await view.press("Add the model");
  await page.until(card("bare"));
  const { labels } = await server.ask("GET", "/api/v1/models/bare") as { labels: { first: string[] } };
  assert.deepEqual(labels.first, ["rot", "grün", "blau", "weiß", "schwarz"]);

  await view.press("Models that Weir knows and can fetch");
  await page.until(`${labelled("Fetch yunet")}`);
  assert.match(await page.evaluate(`${labelled("Fetch yunet")}.closest("li").textContent`), /faces.*MIT/s);
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide for a phone`);
  assert.deepEqual(view.complaints, []);
});

inBrowser("A public model is fetched once its licence is accepted, and the page tells how far it is", async () => {
  await inDirectory(async (directory) => {
    const bytes = tinyDetector();
    const more = Promise.withResolvers<void>();
    // Half of it comes at once, the rest when the test has seen that.
    const files = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(bytes.slice(0, 500));
          await more.promise;
          controller.enqueue(bytes.slice(500));
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-length": `${bytes.length}` } });
    });
    await using _files = { [Symbol.asyncDispose]: () => files.shutdown() };
    const model = {
      describe: "cells of three colours",
      task: "detect",
      adapter: "yolo",
      licence: "AGPL-3.0-only",
      home: "https://example.org/licence",
      url: `http://127.0.0.1:${files.addr.port}/cells.onnx`,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
    await Deno.writeTextFile(`${directory}/zoo.json`, JSON.stringify({ v: 1, models: { cells: model } }));
    await Deno.writeTextFile(`${directory}/weir.yaml`, JSON.stringify({ zoo: { list: `${directory}/zoo.json` } }));
    await using server = await ConsoleServer.start({ flags: ["--config", `${directory}/weir.yaml`] });
    await using view = await ConsolePage.open(server.url, { place: "#/models" });
    const { page } = view;
    await view.press("Models that Weir knows and can fetch");
    await page.until(`${labelled("Fetch cells")}`);
    await page.evaluate(`${labelled("Fetch cells")}.click()`);
    await page.until(`document.querySelector("dialog[open]")?.textContent.includes("AGPL-3.0-only")`);
    await page.evaluate(`document.querySelector("dialog[open] .button.primary").click()`);
    await page.until(`${card("cells")}?.querySelector("progress")?.value === 500`);
    more.resolve();
    await page.until(`${card("cells")}?.textContent.includes("Version 1")`);
    await page.until(`document.querySelector(".zoo").textContent.includes("here as cells")`);
    assert.deepEqual(view.complaints, []);
  });
});

inBrowser("A canary's share, its frames and how far it agrees are shown, and move while streams run", async () => {
  await using server = await ConsoleServer.start();
  for (const size of [64, 96]) await server.addModel("cells", tinyDetector({ size }));
  await server.ask("POST", "/api/v1/streams", {
    id: "pitch",
    source: { kind: "scene", scene: "pitch", fps: 10, width: 320, height: 180 },
    pipeline: [{ model: "cells" }],
    policy: { maxAgeMs: 60_000 },
  });
  await using view = await ConsolePage.open(server.url, { place: "#/models" });
  const { page } = view;
  await page.until(`${labelled("Make version 2 of cells a canary")}`);
  await page.evaluate(`${labelled("Make version 2 of cells a canary")}.click()`);
  await page.until(`document.querySelector("dialog[open] input")`);
  await view.fill("Share of the frames, per cent", "0");
  await page.until(`document.querySelector("dialog[open] .button.primary").disabled`);
  await view.fill("Share of the frames, per cent", "40");
  await page.until(`!document.querySelector("dialog[open] .button.primary").disabled`);
  await page.evaluate(`document.querySelector("dialog[open] .button.primary").click()`);

  const words = `([...${card("cells")}.querySelectorAll(".versions li")].find(({ textContent }) =>
    textContent.includes("Version 2"))?.textContent ?? "")`;
  await page.until(`${words}.includes("canary, 40 %")`);
  const compared = `Number(/agrees to [\\d.]+ % over ([\\d,]+) frames/.exec(${words})?.[1].replaceAll(",", ""))`;
  await page.until(`${compared} > 0`);
  const before = await page.evaluate<number>(compared);
  await page.until(`${compared} > ${before}`);
  const agreement = await page.evaluate<string>(`/agrees to ([\\d.]+) %/.exec(${words})[1]`);
  assert.ok(Number(agreement) >= 0 && Number(agreement) <= 100, agreement);
  const frames = `Number(/([\\d,]+) frames/.exec(${words})?.[1].replaceAll(",", ""))`;
  await page.until(`${frames} > 0`);
  const { registry } = await server.ask("GET", "/api/v1/models/cells") as {
    registry: { canary: { version: string; share: number } };
  };
  assert.deepEqual([registry.canary.version, registry.canary.share], ["2", 0.4]);
  await view.press("End canary");
  await page.until(`!${words}.includes("canary")`);
  assert.deepEqual(view.complaints, []);
});

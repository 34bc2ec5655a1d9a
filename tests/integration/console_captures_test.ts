import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { Keys } from "../support/console_keys.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

const PITCH = {
  id: "pitch",
  source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
  pipeline: [{ model: "weir-pitch" }],
  policy: { maxAgeMs: 60_000 },
};
const THUMBS = `document.querySelectorAll(".thumb")`;
const LOADED = `document.querySelectorAll(".thumb img")`;
const DRAWN = `document.querySelector("dialog[open] canvas.predicted")`;

/** How many are kept. */
async function kept(server: ConsoleServer): Promise<number> {
  const { captures } = await server.ask("GET", "/api/v1/captures?limit=500") as { captures: unknown[] };
  return captures.length;
}

/** Which one is shown, in the page. */
const SHOWN = `document.querySelector("dialog[open] a[download]")?.download`;

inBrowser("captures begin on their page, and are looked at, gone through, downloaded and deleted there", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/captures" });
  const { page } = view;
  await page.until(`document.querySelector(".empty")?.textContent.includes("First there must be a stream")`);
  await server.ask("POST", "/api/v1/streams", PITCH);
  await page.until(`document.querySelector("form.keep")`);
  await view.fill("Keep, for 30 days", "alert");
  await view.press("Keep");
  await page.until(`document.querySelector(".empty")?.textContent.includes("its first picture appears here")`);
  const { registration: { capture } } = await server.ask("GET", "/api/v1/streams/pitch") as {
    registration: { capture: { onAlert: boolean; keep: { days: number } } };
  };
  assert.deepEqual([capture.onAlert, capture.keep.days], [true, 30]);

  await server.ask("PATCH", "/api/v1/streams/pitch", { capture: { everyNth: 3 } });
  await until(async () => await kept(server) >= 3, "three are kept");
  await page.until(`${THUMBS}.length > 0`);
  await view.press("Show newer");
  await page.until(`${THUMBS}.length >= 3 && ${LOADED}.length >= 3`);
  await page.evaluate(`document.querySelector("details.kept").open = true`);
  await view.press("Switch off");
  await page.until(`document.querySelector(".keeping").textContent.includes("switched off")`);
  const waiting = async () =>
    (await server.ask("GET", "/api/v1/streams/pitch") as { kept: { waiting: number } }).kept.waiting;
  await until(async () => await waiting() === 0, "the last ones are written");

  await view.press("Make a dataset");
  await page.until(`document.querySelector("dialog[open] pre")?.textContent.startsWith("weir export ")`);
  await page.evaluate(`[...document.querySelectorAll("dialog[open] .actions button")].at(-1).click()`);

  await page.until(`!document.querySelector("dialog")`);
  await page.evaluate(`${THUMBS}[0].click()`);
  await page.until(
    `${DRAWN}?.getAttribute("aria-label") === "The image with what was found in it" && ${DRAWN}.width > 16`,
  );
  await page.until(`document.querySelector("dialog[open] .facts").textContent.includes("weir-pitch from")`);
  const download = `document.querySelector("dialog[open] a[download]")`;
  assert.match(await page.evaluate(`${download}.download`), /^pitch-\d{8}T\d{9}Z_.+\.jpg$/);
  const width = await page.evaluate(`(() => {
    const image = new Image();
    image.src = ${download}.href;
    return image.decode().then(() => image.naturalWidth);
  })()`);
  assert.equal(width, 640, "the whole picture");
  const coloured = `(() => {
    const { width, height } = ${DRAWN};
    return ${DRAWN}.getContext("2d").getImageData(0, 0, width, height).data.reduce((sum, byte) => (sum * 31 + byte) | 0, 7);
  })()`;
  const withBoxes = await page.evaluate(coloured);
  await view.press("Draw what was found");
  await page.until(`${DRAWN}.getAttribute("aria-label") === "The image"`);
  await page.until(`${coloured} !== ${withBoxes}`);

  const first = await page.evaluate<string>(SHOWN);
  const keys = new Keys(page);
  await keys.press("Escape");
  await page.until(`!document.querySelector("dialog")`);
  await page.evaluate(`${THUMBS}[1].click()`);
  await page.until(`${SHOWN} && ${SHOWN} !== ${JSON.stringify(first)}`);
  const second = await page.evaluate<string>(SHOWN);
  await keys.press("ArrowLeft");
  await page.until(`${SHOWN} === ${JSON.stringify(first)}`);

  const before = await kept(server);
  await page.until(`document.querySelector("dialog[open] .button.danger")`);
  await page.evaluate(`document.querySelector("dialog[open] .button.danger").click()`);
  await page.until(`document.querySelectorAll("dialog[open]").length === 2`);
  await page.evaluate(`[...document.querySelectorAll("dialog[open]")].at(-1).querySelector(".button.danger").click()`);
  await page.until(`${SHOWN} === ${JSON.stringify(second)}`);
  await until(async () => await kept(server) === before - 1, "one is gone");
  assert.deepEqual(view.complaints, []);
});

inBrowser("captures are chosen by reason, kind and day, with a token as without, and on a phone", async () => {
  const token = "operator-token-0123456789";
  await using server = await ConsoleServer.start({ token });
  await server.ask("POST", "/api/v1/streams", {
    ...PITCH,
    pipeline: [...PITCH.pipeline, {
      analyzer: "alert",
      when: 'any(detect, "player", 0.3)',
      repeat: true,
      cooldownS: 1,
    }],
    capture: { everyNth: 4, onAlert: true },
  });
  const alerts = async () =>
    (await server.ask("GET", "/api/v1/captures?reason=alert") as { captures: unknown[] }).captures.length;
  await until(async () => await alerts() >= 1 && await kept(server) >= 3, "some are kept, one for an alert");
  await server.ask("POST", "/api/v1/captures", { stream: "pitch", enabled: false });
  await using view = await ConsolePage.open(server.url, { place: "#/captures", width: 390, height: 844 });
  const { page } = view;
  await view.fill("Token", token);
  await view.press("Go on");
  await page.until(`${LOADED}.length >= 2`);
  const choose = (label: string, value: string) =>
    page.evaluate(`{
      const control = document.querySelector('[aria-label="${label}"]');
      control.value = "${value}";
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }`);
  await choose("Reason", "alert");
  const words = `[...document.querySelectorAll(".thumb-words")].map(({ textContent }) => textContent)`;
  await page.until(`${words}.length > 0 && ${words}.every((words) => words.includes("alert"))`);
  await choose("Kind", "clip");
  await page.until(`document.querySelector("main .empty")?.textContent.includes("Nothing fits")`);
  await view.press("Show all");
  await page.until(`${THUMBS}.length >= 3`);
  await choose("Day", "2001-02-03");
  await page.until(`document.querySelector("main .empty")?.textContent.includes("Nothing fits")`);
  await view.press("Any day");
  await page.until(`${THUMBS}.length >= 3`);
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide for a phone`);
  assert.deepEqual(view.complaints, []);
});

inBrowser(
  "who may only look is told so where they can read it, over the picture that they wanted to delete",
  async () => {
    await inDirectory(async (directory) => {
      const token = "viewer-token-0123456789abcdef";
      const config = {
        auth: { tokens: [{ name: "looker", token, role: "viewer" }] },
        streams: [{ ...PITCH, capture: { everyNth: 3 } }],
      };
      await Deno.writeTextFile(`${directory}/weir.yaml`, JSON.stringify(config));
      await using server = await ConsoleServer.start({ flags: ["--config", `${directory}/weir.yaml`] });
      await using view = await ConsolePage.open(server.url, { place: "#/captures" });
      const { page } = view;
      await view.fill("Token", token);
      await view.press("Go on");
      // What has come since the page was asked for is shown when it is wanted.
      await page.until(`${THUMBS}.length > 0 || document.querySelector(".note.row button")?.click()`);
      await page.until(`document.querySelector(".keeping button").ariaDisabled === "true"`);
      await page.evaluate(`${THUMBS}[0].click()`);
      await page.until(`document.querySelector("dialog[open] .button.danger")?.ariaDisabled === "true"`);
      await page.evaluate(`document.querySelector("dialog[open] .button.danger").click()`);
      const said = `document.querySelector("dialog[open] .toast")`;
      await page.until(`${said}?.textContent.includes("This takes the role operator, and yours is viewer")`);
      assert.equal(await page.evaluate(`document.querySelectorAll("dialog[open]").length`), 1, "nothing is asked");
      const reached = await page.evaluate(`(() => {
      const { left, top } = ${said}.getBoundingClientRect();
      return ${said}.contains(document.elementFromPoint(left + 5, top + 5));
    })()`);
      assert.ok(reached, "nothing lies over it");
      await page.evaluate(`${said}.querySelector("button").click()`);
      await page.until(`!${said}`);
      assert.deepEqual(view.complaints, []);
    });
  },
);

import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { Keys } from "../support/console_keys.ts";
import { ConsolePage } from "../support/console_page.ts";
import { Pointer } from "../support/console_pointer.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";
import { SseClient } from "../support/sse_client.ts";

const PITCH = {
  id: "pitch",
  source: { kind: "scene", scene: "pitch", fps: 5, width: 640, height: 360 },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
  // A machine that is busy with something else is slow, not wrong.
  policy: { maxAgeMs: 60_000 },
};

interface View {
  registration: { pipeline: Record<string, unknown>[] };
  status: { epoch: number };
}

/** The points of a drawn shape, rounded to hundredths of the picture. */
const pointsOf = (kind: string) =>
  `[...document.querySelectorAll("svg.shapes .${kind} .outline")].map((outline) =>
    [...outline.points].map(({ x, y }) => [Math.round(x / 6.4) / 100, Math.round(y / 3.6) / 100]))`;
const stands = (kind: string, point: number, place: readonly number[]) =>
  `JSON.stringify(${pointsOf(kind)}[0]?.[${point}]) === ${JSON.stringify(JSON.stringify(place))}`;
const saying = (words: string) =>
  `document.querySelector(".shape-panel").textContent.includes(${JSON.stringify(words)})`;

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

inBrowser("A zone and a line are drawn into the live picture, saved without reconnecting, and count", async () => {
  await using server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", PITCH);
  await using view = await ConsolePage.open(server.url, { place: "#/streams/pitch" });
  const { page } = view;
  const keys = new Keys(page);
  const hand = new Pointer(page, `document.querySelector("svg.shapes")`);
  await page.until(`document.querySelector("canvas.live.begun")`);
  await view.press("Draw");
  await page.until(saying("Nothing is drawn yet"));

  await view.press("Zone");
  for (const corner of [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]] as const) await hand.press(corner);
  await hand.press([0.1, 0.1]);
  await page.until(`${pointsOf("zone")}.length === 1`);
  assert.deepEqual(await page.evaluate(pointsOf("zone")), [[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]]);
  await page.until(saying("It can be saved; the source stays connected"));

  await hand.drag([0.9, 0.9], [0.95, 0.8]);
  await page.until(stands("zone", 2, [0.95, 0.8]));
  await hand.drag([0.5, 0.5], [0.45, 0.5]);
  await page.until(stands("zone", 0, [0.05, 0.1]));
  await view.press("Undo");
  await view.press("Undo");
  // Each drag is undone as one.
  await page.until(stands("zone", 2, [0.9, 0.9]));
  await view.press("Redo");

  await view.press("Line");
  await hand.press([0.5, 0.005]);
  await hand.press([0.5, 0.995]);
  await page.until(`${pointsOf("line")}.length === 1`);
  await keys.tabTo("Name of line");
  await keys.write("half");
  await page.until(saying("It can be saved; the source stays connected"));
  const { status: { epoch } } = await server.ask("GET", "/api/v1/streams/pitch") as View;
  await view.press("Save");
  await page.until(`!document.querySelector("svg.shapes")`);
  const { registration, status } = await server.ask("GET", "/api/v1/streams/pitch") as View;
  assert.equal(status.epoch, epoch);
  const [, , zones, lines] = registration.pipeline as { zones: object; lines: { half: { from: number[] } } }[];
  assert.deepEqual(Object.keys(zones.zones), ["zone 1"]);
  assert.deepEqual(lines.lines.half.from.map((share) => Math.round(share * 100) / 100), [0.5, 0]);

  await using events = await SseClient.open(`${server.url}/api/v1/streams/pitch/events?types=result`);
  for (let counted = 0; counted === 0;) {
    const block = await events.next();
    if (!block?.data) continue;
    const { outputs } = JSON.parse(block.data);
    assert.ok("half" in outputs.lines);
    counted = outputs.zones["zone 1"].count;
  }
  assert.deepEqual(view.complaints, []);
});

inBrowser("Shapes are drawn by keys and moved by touch, and what the server would refuse cannot be saved", async () => {
  await using server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", PITCH);
  await using view = await ConsolePage.open(server.url, { place: "#/streams/pitch", width: 390, height: 844 });
  const { page } = view;
  const keys = new Keys(page);
  await page.until(`document.querySelector("canvas.live.begun")`);
  await keys.tabTo("Draw");
  await keys.press("Enter");
  await keys.tabTo("Zone");
  await keys.press("Enter");
  await page.until(`document.activeElement.matches("svg.shapes")`);
  await keys.press("Enter");
  await page.until(`${pointsOf("zone")}.length === 1`);
  await keys.tabTo(/^Point 1 of zone 1,/);
  await keys.press("ArrowRight", "ArrowRight", "ArrowDown");
  await page.until(stands("zone", 0, [0.36, 0.36]));
  await keys.press("+");
  await page.until(`${pointsOf("zone")}[0].length === 5`);
  await keys.press("Delete");
  await page.until(`${pointsOf("zone")}[0].length === 4`);
  await keys.control("z");
  await page.until(`${pointsOf("zone")}[0].length === 5`);
  const hand = new Pointer(page, `document.querySelector("svg.shapes")`);
  await page.evaluate(`document.querySelector("svg.shapes").scrollIntoView({ block: "center" })`);
  await hand.swipe([0.65, 0.65], [0.8, 0.9]);
  await page.until(stands("zone", 3, [0.8, 0.9]));

  await keys.tabTo(/^Name of zone/);
  await keys.write("events");
  await page.until(saying("a zone cannot be called events"));
  await page.until(saying("It cannot be saved like this"));
  assert.ok(await page.evaluate(`[...document.querySelectorAll(".shape-panel button")].at(-1).disabled`));
  await keys.write("");
  await page.until(saying("It needs a name"));
  await keys.write("box");
  await page.until(saying("It can be saved"));
  await view.press("Mask");
  await page.until(`document.activeElement.matches("svg.shapes")`);
  await keys.press("Enter");
  await page.until(saying("frames in which nothing moves"));
  await page.until(saying("It can be saved; "));
  await server.ask("PATCH", "/api/v1/streams/pitch", { pipeline: PITCH.pipeline.slice(0, 1) });
  await view.press("Save");
  await page.until(saying("Somebody has changed"));
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide for a phone`);
  await keys.tabTo("Cancel");
  await keys.press("Enter");
  await page.until(`!document.querySelector("svg.shapes")`);
  const { registration } = await server.ask("GET", "/api/v1/streams/pitch") as View;
  assert.equal(registration.pipeline.length, 1, "nothing was saved");
  assert.deepEqual(view.complaints, []);
});

inBrowser("What is reported stays in sight with its picture, which can be looked at in full", async () => {
  await using server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", {
    ...PITCH,
    pipeline: [...PITCH.pipeline, {
      analyzer: "alert",
      when: "count(detect, 'player') > 0",
      message: "Somebody",
    }],
  });
  // It is over before anybody looks.
  await using events = await SseClient.open(`${server.url}/api/v1/streams/pitch/events?types=alert&after=0`);
  while (!(await events.next())?.data);
  await using view = await ConsolePage.open(server.url, { place: "#/streams/pitch" });
  const { page } = view;
  await page.until(`document.querySelector(".alerts img")?.naturalWidth > 100`);
  await page.until(`document.querySelector(".alerts").textContent.includes("Somebody")`);
  await page.evaluate(`document.querySelector(".alerts button").click()`);
  await page.until(`document.querySelector("dialog[open] img")?.naturalWidth > 100`);
  assert.deepEqual(view.complaints, []);
});

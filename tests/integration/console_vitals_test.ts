import assert from "node:assert/strict";
import { PortraitHeart } from "../../streams/scenes/portrait_heart.ts";
import { assetTest } from "../support/assets.ts";
import { type BrowserPage, CHROMIUM } from "../support/browser.ts";
import { Keys } from "../support/console_keys.ts";
import { layoutFaults } from "../support/console_layout.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { PORTRAIT_BPM, portraitCamera, portraitClip } from "../support/portrait_camera.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

/** A machine that is busy shows too few pictures for a rate now and then. */
const LATE_MS = 180_000;
const RATE = `Number(document.querySelector(".rate .value")?.textContent)`;

interface View {
  id: string;
  registration: {
    source: { kind: string; scene?: string; seed: number };
    pipeline: Record<string, unknown>[];
    labels: Record<string, string>;
  };
}

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

const streamsOf = async (server: ConsoleServer) =>
  (await server.ask("GET", "/api/v1/streams") as { streams: View[] }).streams;

/** A table that was saved, line by line, each value by its column. */
function readCsv(text: string): Record<string, string>[] {
  const [head, ...lines] = text.trimEnd().split("\r\n").map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(line.map((value, index) => [head[index], value])));
}

/** Gives the page a file as whoever chose it would. */
async function choose(page: BrowserPage, path: string): Promise<void> {
  await page.until(`document.querySelector(".stage.start input")`);
  const { root } = await page.send("DOM.getDocument") as { root: { nodeId: number } };
  const { nodeId } = await page.send("DOM.querySelector", { nodeId: root.nodeId, selector: ".stage.start input" });
  await page.send("DOM.setFileInputFiles", { nodeId, files: [path] });
}

/** Until an expression is true in the page, however long it takes. */
async function become(page: BrowserPage, expression: string): Promise<void> {
  await page.until(expression, LATE_MS);
}

inBrowser("By keys alone the sample is played, its rate is the heart's, and the readings are taken along", async () => {
  await inDirectory(async (directory) => {
    await using server = await ConsoleServer.start();
    await using view = await ConsolePage.open(server.url, { place: "#/models" });
    const { page } = view;
    await page.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: directory });
    const keys = new Keys(page);
    await keys.press("g", "v");
    await page.until(`document.querySelector(".stage.start")`);
    await keys.tabTo(/^Play the sample/);
    await keys.press("Enter");
    await page.until(`document.querySelector("canvas.live.begun")`);
    const [{ registration: { source, pipeline, labels } }] = await streamsOf(server);
    assert.deepEqual([source.scene, pipeline.at(-1)!.analyzer, labels], ["portrait", "pulse", { page: "vitals" }]);

    await become(page, `${view.figure("Looked at")} >= 10 && ${RATE} > 0`);
    await become(page, `document.querySelectorAll(".chart .u-wrap").length === 3`);
    const meter = `document.querySelector('[role="meter"]')`;
    assert.ok(await page.evaluate<number>(`Number(${meter}.ariaValueNow)`) >= 70);
    assert.match(await page.evaluate<string>(`document.querySelector(".interval").textContent`), /\d+ to \d+ BPM/);
    assert.match(await page.evaluate<string>(`document.querySelector("main").textContent`), /Not a medical device/);
    // Red exceeds green by far in skin, and not where the green mask lies over it.
    const greener = await page.evaluate<boolean>(`(() => {
      const canvas = document.querySelector("canvas.live");
      const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height * 0.4, 20, 20);
      let green = 0;
      for (let at = 0; at < data.length; at += 4) green += data[at + 1] - data[at];
      return green / (data.length / 4) > -20;
    })()`);
    assert.ok(greener, "the mask lies over the face");

    await become(
      page,
      `Number([...document.querySelectorAll(".stat")].find((stat) =>
      stat.textContent.startsWith("Readings"))?.querySelector(".value").textContent) >= 14`,
    );
    await keys.tabTo("Export CSV");
    await keys.press("Enter");
    const saved = () =>
      [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".csv"));
    await until(() => saved().length === 1, "the table is saved");
    const rows = readCsv(await Deno.readTextFile(`${directory}/${saved()[0]}`));
    assert.ok(rows.length >= 14 && rows.every(({ notice }) => notice === "not a medical device"));
    const heart = new PortraitHeart(source.seed);
    const sure = rows.filter(({ bpm, window_s }) => bpm !== "" && Number(window_s) > 9.5).map((row) => ({
      bpm: Number(row.bpm),
      // Only of windows in which the heart kept its rate.
      truths: new Set([Number(row.pts_s), Number(row.pts_s) - Number(row.window_s)].map((at) => heart.rateAt(at))),
    })).filter(({ truths }) => truths.size === 1);
    assert.ok(sure.length > 0, JSON.stringify(rows));
    for (const { bpm, truths: [truth] } of sure.map((row) => ({ ...row, truths: [...row.truths] }))) {
      assert.ok(Math.abs(bpm - truth) <= 2, `${bpm} instead of ${truth}`);
    }

    await keys.tabTo("Stop");
    await keys.press("Enter");
    await page.until(`document.querySelector(".stage.start")`);
    await until(async () => (await streamsOf(server)).length === 0, "the sample is removed");
    assert.deepEqual(view.complaints, []);
  });
});

inBrowser("On a phone the camera's face is looked at, with its rate or what keeps it from one", async () => {
  await inDirectory(async (directory) => {
    await using server = await ConsoleServer.start();
    const flags = await portraitCamera(directory);
    await using view = await ConsolePage.open(server.url, { place: "#/vitals", width: 390, height: 844, flags });
    const { page } = view;
    assert.deepEqual(await layoutFaults(page), []);
    await view.press("Use the camera");
    await become(page, `document.querySelector(".stage canvas:not([hidden])") && ${view.figure("Looked at")} > 0`);
    const [{ registration: { source, pipeline } }] = await streamsOf(server);
    assert.equal(source.kind, "webcam");
    assert.ok(pipeline[0].region, "nothing looks for faces where no model can");
    // Sending thirty pictures a second is much for a busy machine: then it says what is missing.
    await become(page, `${RATE} > 0 || document.querySelector(".advice li")`);
    const rate = await page.evaluate<number>(RATE);
    if (rate > 0) assert.ok(Math.abs(rate - PORTRAIT_BPM) <= 5, `${rate}`);
    const levels = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".legend li")].map(({ textContent }) => textContent)`,
    );
    assert.equal(levels.filter((level) => /^(red|green|blue) \d+\.\d$/.test(level)).length, 3, `${levels}`);
    assert.deepEqual(await layoutFaults(page), []);
    await view.press("Stop");
    await page.until(`document.querySelector(".stage.start") && document.querySelector(".stat")`);
    assert.deepEqual(view.complaints, []);
  });
});

inBrowser(
  "A clip is sent and looked at to its end, again if wanted, and removed; what is none is refused",
  async () => {
    await inDirectory(async (directory) => {
      await using server = await ConsoleServer.start();
      await using view = await ConsolePage.open(server.url, { place: "#/vitals" });
      const { page } = view;
      const uploads = async () => (await server.ask("GET", "/api/v1/uploads") as { uploads: unknown[] }).uploads;
      await Deno.writeTextFile(`${directory}/letter.mp4`, "Dear Sir or Madam");
      await choose(page, `${directory}/letter.mp4`);
      await page.until(`/^letter.mp4 is no video/.test(document.querySelector(".note.error")?.textContent)`);
      await choose(page, await portraitClip(directory));
      await become(page, `document.querySelector("canvas.live.begun")`);
      await become(page, `document.querySelector("main").textContent.includes("The clip is over")`);
      const rate = await page.evaluate<number>(RATE);
      const advice = await page.evaluate<string>(`document.querySelector(".advice").textContent`);
      // A busy machine leaves pictures out, and says so.
      assert.ok(rate > 0 ? Math.abs(rate - PORTRAIT_BPM) <= 3 : advice !== "", `${rate} ${advice}`);
      assert.equal((await uploads()).length, 1);
      await view.press("Play it again");
      await become(page, `document.querySelector("canvas.live").dataset.frame.startsWith("2:")`);
      await view.press("Stop");
      await until(async () => (await uploads()).length === 0, "the clip is removed");
      assert.deepEqual(await streamsOf(server), []);
      assert.deepEqual(view.complaints, []);
    });
  },
);

inBrowser("A server that is killed while the sample plays brings it back, and the page goes on by itself", async () => {
  await using server = await ConsoleServer.start({ token: "operator-token-0123456789" });
  await using view = await ConsolePage.open(server.url, { place: "#/vitals" });
  await view.fill("Token", "operator-token-0123456789");
  await view.press("Go on");
  await view.press("Play the sample");
  await view.page.until(`document.querySelector("canvas.live.begun")`);
  const before = await view.page.evaluate<string>(`document.querySelector("canvas.live").dataset.frame`);
  await server.kill();
  await server.run();
  const frame = `document.querySelector("canvas.live").dataset.frame`;
  await become(view.page, `document.querySelector(".badge.good") && ${frame} !== ${JSON.stringify(before)}`);
  await become(view.page, `${view.figure("Looked at")} > 5`);
  assert.equal((await streamsOf(server)).length, 1);
  await view.page.goto("about:blank");
  await until(async () => (await streamsOf(server)).length === 0, "a page that goes takes its sample along");
});

assetTest("Where a model finds faces it does, and the rate is read in the face", [
  "data/models/ultraface_rfb_320.onnx",
], async (model) => {
  if (CHROMIUM === undefined) return;
  await using server = await ConsoleServer.start();
  const form = new FormData();
  form.set("name", "ultraface");
  form.set("file", new File([await Deno.readFile(model)], "ultraface.onnx"));
  const response = await fetch(`${server.url}/api/v1/models`, { method: "POST", body: form });
  assert.equal(response.status, 201, await response.text());
  await using view = await ConsolePage.open(server.url, { place: "#/vitals" });
  const { page } = view;
  await page.until(`document.querySelector("main select option[value=ultraface]")`);
  await view.press("Play the sample");
  await become(page, `${RATE} > 0`);
  const [{ registration: { pipeline } }] = await streamsOf(server);
  assert.deepEqual(pipeline.map(({ model, analyzer }) => model ?? analyzer), ["ultraface", "track", "pulse"]);
  await view.fill("The face is found by", "");
  await until(async () => (await streamsOf(server))[0].registration.pipeline.length === 1, "it runs without, too");
  assert.deepEqual(view.complaints, []);
});

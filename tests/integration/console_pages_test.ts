import assert from "node:assert/strict";
import { loadConfig } from "../../config/load.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { BrowserPage, CHROMIUM } from "../support/browser.ts";
import { complaintsOf, ConsolePage, FAKE_CAMERA } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { freeTcpPort } from "../support/gate.ts";

const PITCH = { kind: "scene", scene: "pitch", width: 640, height: 360, fps: 5 };

if (CHROMIUM === undefined) {
  Deno.stderr.writeSync(new TextEncoder().encode("skipped: the console's pages in a browser want Chromium\n"));
}

/** What the server answers, as a test looks into it. */
interface Streams {
  streams: {
    registration: { source: Record<string, unknown>; labels: object; pipeline: object[] };
    status: { properties: { width: number } };
  }[];
}

const streamsOf = async (server: ConsoleServer) => (await server.ask("GET", "/api/v1/streams") as Streams).streams;

const add = (server: ConsoleServer, id: string, source: object, pipeline: object[] = []) =>
  server.ask("POST", "/api/v1/streams", { id, source, pipeline, policy: { maxAgeMs: 60_000 } });

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: CHROMIUM === undefined, fn });
}

inBrowser(
  "A scene is added under the name that is suggested, and what the server refuses stands at its field",
  async () => {
    await using server = await ConsoleServer.start();
    await using view = await ConsolePage.open(server.url, { place: "#/add" });
    const { page } = view;
    await view.press("Scene");
    await view.fill("Frames a second", "many");
    await view.press("Add the stream");
    await page.until(view.faultAt("Frames a second"));
    await view.fill("Frames a second", "5");
    await page.until(`!${view.faultAt("Frames a second")}`);
    await view.fill("Size", "640x360");
    await view.press("Add the stream");
    await page.until(`location.hash === "#/streams/pitch"`);
    const [{ registration }] = await streamsOf(server);
    assert.deepEqual(registration.pipeline, [{ model: "weir-pitch" }, { analyzer: "track" }]);
    assert.equal(registration.source.width, 640);

    await view.go("#/add", "Add a stream");
    await view.press("Scene");
    await page.until(`[...document.querySelectorAll("input")].some(({ placeholder }) => placeholder === "pitch-2")`);
    await view.fill("Name", "pitch");
    await view.press("Add the stream");
    await page.until(`${view.faultAt("Name")}.includes("already")`);
    assert.deepEqual(view.complaints, []);
  },
);

inBrowser("A test connection says why it fails, and shows the first picture where it does not", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/add", width: 390, height: 844 });
  const { page } = view;
  await view.fill("Address", "10.0.0.7/main");
  await view.press("Test the connection");
  await page.until(`${view.faultAt("Address")}.includes("rtsp://")`);
  await view.fill("Address", `rtsp://user:secret@127.0.0.1:${freeTcpPort()}/main`);
  await view.press("Test the connection");
  await page.until(`document.querySelector(".note.error code")?.textContent === "refused"`);
  assert.equal(await page.evaluate(`document.querySelector(".note.error").textContent.includes("secret")`), false);
  await view.press("Scene");
  await page.until(`!document.querySelector(".note.error")`);
  await view.press("Test the connection");
  await page.until(`document.querySelector(".probe img")?.naturalWidth > 0`);
  assert.deepEqual(await streamsOf(server), []);
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide for a phone`);
  assert.deepEqual(view.complaints, []);
});

inBrowser("A webcam's pictures come back with what was found, also after the server was started again", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/webcam", flags: FAKE_CAMERA });
  const { page } = view;
  await view.fill("Width", "320");
  await view.press("Start");
  await page.until(`${view.figure("Answered")} >= 3`);
  const canvas = `document.querySelector(".stage canvas")`;
  await page.until(`!${canvas}.hidden && ${canvas}.width > 300`);
  const { x, y } = await page.evaluate<{ x: number; y: number }>(`(({ left, top, width, height }) =>
    ({ x: left + width / 2, y: top + height / 2 }))(${canvas}.getBoundingClientRect())`);
  assert.ok(await page.evaluate(`document.elementFromPoint(${x}, ${y}) === ${canvas}`), "it lies above the camera");
  const [stream] = await streamsOf(server);
  assert.deepEqual([stream.registration.source.kind, stream.registration.labels], ["webcam", { guest: "webcam" }]);
  assert.deepEqual(stream.registration.pipeline, [{ model: "weir-pitch" }]);
  assert.equal(stream.status.properties.width, 320);

  await server.kill();
  await page.until(`document.querySelector("main").textContent.includes("not connected")`);
  const before = await page.evaluate<number>(view.figure("Answered"));
  await server.run();
  await page.until(`${view.figure("Answered")} >= ${before + 3}`);
  const [sent, answered, dropped] = await page.evaluate<number[]>(
    `[${["Sent", "Answered", "Dropped"].map((name) => view.figure(name)).join()}]`,
  );
  assert.ok(answered + dropped <= sent, JSON.stringify({ sent, answered, dropped }));
  await view.press("Stop");
  await page.until(`!document.querySelector(".stage video")`);
  assert.deepEqual(view.complaints, []);
});

inBrowser("A camera that is not allowed is told of in words that help, and nothing is sent", async () => {
  await using server = await ConsoleServer.start();
  await using view = await ConsolePage.open(server.url, { place: "#/webcam", flags: FAKE_CAMERA.slice(0, 1) });
  await view.page.send("Browser.setPermission", { permission: { name: "camera" }, setting: "denied" });
  await view.press("Start");
  await view.page.until(`document.querySelector(".note.error")?.textContent.includes("not allowed")`);
  assert.deepEqual(await streamsOf(server), []);
  assert.deepEqual(view.complaints, []);
});

inBrowser("System, Models and Predict show what runs, and what a model finds in an image", async () => {
  await using server = await ConsoleServer.start();
  await add(server, "north", PITCH, [{ model: "weir-pitch" }]);
  await add(server, "gone", { kind: "rtsp", url: `rtsp://127.0.0.1:${freeTcpPort()}/` });
  await using view = await ConsolePage.open(server.url, { place: "#/system" });
  const { page } = view;
  const line = (name: string) =>
    `[...document.querySelectorAll(".tree .line")].find((line) => line.querySelector(".name").textContent === "${name}")`;
  await page.until(`${line("north")}?.textContent.includes("running")`);
  await page.until(`${line("gone")}?.querySelector(".cause")`);
  await page.until(`${line("weir-pitch")}?.textContent.includes("running")`);
  await page.until(`/mailbox \\d+ of \\d+/.test(${line("dispatcher")}?.textContent)`);
  await page.until(`${line("streams-1")}?.parentElement.querySelector('a[href="#/streams/north"]')`);
  await page.until(`[...document.querySelectorAll(".throughput tbody tr")].some((row) =>
    row.querySelector("th").textContent.startsWith("weir-pitch") &&
    /[1-9]/.test(row.querySelector('[data-name="Frames/s"]').textContent))`);

  await view.go("#/models", "Models");
  await page.until(`document.querySelector("main .panel")?.textContent.includes("ready")`);
  await page.until(`document.querySelector('main a[href="#/streams/north"]')`);
  await page.until(`${view.figure("Frames")} > 0`);
  await view.press("Inputs, outputs and labels");
  await page.until(`document.querySelector(".facts").textContent.includes("player")`);

  await view.go("#/predict", "Predict");
  await page.until(`document.querySelector("main select")?.value === "weir-pitch"`);
  await page.evaluate(`(async () => {
      const data = new DataTransfer();
      const picture = await (await fetch("/api/v1/streams/north/frame.jpg")).blob();
      data.items.add(new File([picture], "frame.jpg", { type: "image/jpeg" }));
      document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    })()`);
  await page.until(`document.querySelectorAll(".found tbody tr").length > 0`);
  await page.until(`document.querySelector("canvas.predicted").width > 300`);
  await page.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File(["no image"], "a.png", { type: "image/png" }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    }`);
  await page.until(`document.querySelector(".note.error")`);
  assert.deepEqual(view.complaints, []);
});

inBrowser("The viewer shows results with boxes on their own pictures, and goes on where it was", async () => {
  await using server = await ConsoleServer.start();
  await add(server, "north", PITCH, [{ model: "weir-pitch" }]);
  await using page = await BrowserPage.open({ width: 390, height: 844 });
  await page.goto(`${server.url}/viewer?url=/stream?types=result`);
  const lines = `document.querySelectorAll("#events li").length`;
  await page.until(`${lines} >= 3`);
  await page.until(PICTURED);
  await server.kill();
  await page.until(`document.getElementById("state").textContent.includes("trying again")`);
  await page.evaluate(`document.getElementById("events").replaceChildren()`);
  await server.run();
  await page.until(`document.getElementById("state").textContent === "Connected" && ${lines} >= 3`);
  await page.until(`document.getElementById("events").textContent.includes("missed")`);

  await page.goto(`${server.url}/viewer?url=/stream?stream=nobody`);
  await page.until(`document.getElementById("state")?.textContent.includes("nobody")`);
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide for a phone`);
  assert.deepEqual(complaintsOf(page), []);
});

inBrowser("A copy of the viewer on another origin that is let in shows the same, pictures too", async () => {
  const copy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const name = /^\/viewer\/(viewer\.(?:html|css|js))$/.exec(new URL(url).pathname)?.[1];
    if (!name) return new Response(null, { status: 404 });
    const text = await Deno.readTextFile(new URL(`../../src/console/viewer/${name}`, import.meta.url));
    const type = { html: "text/html", css: "text/css", js: "text/javascript" }[name.split(".")[1]]!;
    return new Response(text, { headers: { "content-type": type } });
  });
  await using _copy = { [Symbol.asyncDispose]: () => copy.shutdown() };
  const origin = `http://127.0.0.1:${copy.addr.port}`;
  const dataDir = await Deno.makeTempDir({ prefix: "weir-viewer-" });
  await using _data = { [Symbol.asyncDispose]: () => Deno.remove(dataDir, { recursive: true }) };
  const config = await loadConfig(undefined, { overrides: { server: { port: 0, origins: [origin] } } });
  await using log = new Log({ level: "error" });
  await using server = await WeirServer.start({ config, dataDir, version: "0.0.0", log });
  const added = await fetch(`${server.url}/api/v1/streams`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: "north", source: PITCH, pipeline: [{ model: "weir-pitch" }] }),
  });
  assert.equal(added.status, 201, await added.text());
  await using page = await BrowserPage.open({ width: 1280, height: 900 });
  await page.goto(`${origin}/viewer/viewer.html?url=${server.url}/stream`);
  await page.until(`document.querySelectorAll("#events li").length >= 3`);
  await page.until(PICTURED);
  assert.deepEqual(complaintsOf(page), []);
});

inBrowser("Where a token is asked for, a webcam sends with tickets and the viewer with what is typed in", async () => {
  const token = "operator-token-0123456789";
  await using server = await ConsoleServer.start({ token });
  await using view = await ConsolePage.open(server.url, { place: "#/webcam", flags: FAKE_CAMERA });
  const { page } = view;
  await view.fill("Token", token);
  await view.press("Go on");
  await view.press("Start");
  await page.until(`${view.figure("Answered")} >= 3`);
  const [{ registration }] = await streamsOf(server);
  assert.equal(registration.source.kind, "webcam");

  await add(server, "north", PITCH, [{ model: "weir-pitch" }]);
  await page.goto(`${server.url}/viewer?url=/stream?stream=north`);
  await page.until(`document.getElementById("state")?.textContent.includes("Authorization")`);
  await page.evaluate(`{
    const form = document.querySelector("form");
    form.token.value = ${JSON.stringify(token)};
    form.requestSubmit();
  }`);
  await page.until(`document.querySelectorAll("#events li").length >= 3`);
  await page.until(PICTURED);
  assert.deepEqual(view.complaints, []);
});

inBrowser("A page that browsers keep cameras from says so, and what to do about it", async () => {
  await using server = await ConsoleServer.start({ token: "operator-token-0123456789" });
  const { port } = new URL(server.url);
  await using view = await ConsolePage.open(`http://weir.example:${port}`, {
    place: "#/webcam",
    flags: [...FAKE_CAMERA, "--host-resolver-rules=MAP weir.example 127.0.0.1"],
  });
  await view.fill("Token", "operator-token-0123456789");
  await view.press("Go on");
  await view.page.until(`document.querySelector("main .empty")?.textContent.includes("server.tls")`);
  assert.deepEqual(view.complaints, []);
});

/** The canvas holds a picture: grass, not the black ground on which boxes are drawn while there is none. */
const PICTURED = `(() => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 8, 8);
  return data[1] > 60;
})()`;

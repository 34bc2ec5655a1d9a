import { Buffer } from "node:buffer";
import process from "node:process";
import { BrowserPage, CHROMIUM } from "../tests/support/browser.ts";
import { ConsoleServer } from "../tests/support/console_server.ts";

const FOLDER = new URL("../out/shots/", import.meta.url);
const PICTURES = new URL("../docs/pictures/", import.meta.url);
/** Those that are shown to people who do not have the console before them: page, size, theme. */
const SHOWN: readonly string[] = [
  "wall-desktop-light",
  "stream-desktop-dark",
  "draw-desktop-light",
  "wall-phone-light",
  "stream-phone-dark",
  "system-phone-dark",
  "vitals-desktop-light",
];

const SIZES = [
  {
    name: "desktop",
    width: 1440,
    height: 900,
    deviceScaleFactor: 1,
    mobile: false,
  },
  {
    name: "phone",
    width: 390,
    height: 844,
    deviceScaleFactor: 2,
    mobile: true,
  },
] as const;
const THEMES = ["light", "dark"] as const;

/** A page, by its hash, what tells that it shows what there is, and what is done to it before it is taken. */
interface Shot {
  name: string;
  hash: string;
  ready?: string;
  before?: string;
  /** The other streams rest meanwhile: a pulse wants every picture. */
  alone?: boolean;
}

const PRESS_DRAW = `[...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Draw").click();
  setTimeout(() => document.querySelector("svg.shapes .zone .outline").focus({ preventScroll: true }), 300)`;

/** Several rates, so that there is a line of them. */
const PLAY_SAMPLE =
  `[...document.querySelectorAll("button")].find(({ textContent }) => textContent.includes("sample")).click();
  new Promise((resolve) => setTimeout(resolve, 20_000))`;

const PAGES: readonly Shot[] = [
  { name: "wall", hash: "#/", ready: `document.querySelectorAll("canvas.live.begun").length >= 2` },
  {
    name: "stream",
    hash: "#/streams/pitch",
    ready: `document.querySelector("canvas.live.begun") && document.querySelector(".moments li")`,
  },
  { name: "draw", hash: "#/streams/pitch", ready: `document.querySelector("canvas.live.begun")`, before: PRESS_DRAW },
  { name: "trouble", hash: "#/streams/backdoor", ready: `document.querySelector(".history td")` },
  { name: "add", hash: "#/add" },
  { name: "webcam", hash: "#/webcam" },
  { name: "engagement", hash: "#/engagement" },
  {
    name: "vitals",
    hash: "#/vitals",
    before: PLAY_SAMPLE,
    alone: true,
  },
  { name: "predict", hash: "#/predict" },
  { name: "captures", hash: "#/captures", ready: `document.querySelectorAll(".thumb img").length >= 6` },
  {
    name: "capture",
    hash: "#/captures",
    ready: `document.querySelector(".thumb img")`,
    before: `document.querySelector(".thumb").click()`,
  },
  { name: "models", hash: "#/models", ready: `document.querySelector("main .panel .stats")` },
  { name: "system", hash: "#/system", ready: `document.querySelector(".tree .line")` },
];

const pitch = (id: string, seed: number, labels: Record<string, string>) => ({
  id,
  source: { kind: "scene", scene: "pitch", seed, fps: 10 },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
  policy: { fps: 5 },
  labels,
});
/** Counted in both halves, and across the line between them, as far as the camera sees them. */
const COUNTED = [
  {
    analyzer: "zones",
    zones: {
      "our half": { points: [[0.02, 0.38], [0.47, 0.36], [0.43, 0.97], [0.01, 0.95]] },
      "their half": { points: [[0.53, 0.36], [0.98, 0.38], [0.99, 0.95], [0.57, 0.97]] },
    },
  },
  { analyzer: "lines", lines: { halfway: { from: [0.5, 0.34], to: [0.5, 0.99] } } },
];
const STREAMS = [
  {
    ...pitch("pitch", 7, { site: "stadium" }),
    pipeline: [...pitch("", 7, {}).pipeline, ...COUNTED],
    capture: { everySeconds: 5 },
  },
  pitch("goal-north", 3, { site: "stadium" }),
  pitch("training", 11, { site: "academy" }),
  {
    id: "counter",
    source: {
      kind: "scene",
      scene: "counter",
      fps: 10,
      width: 640,
      height: 360,
    },
    pipeline: [{ analyzer: "counter" }],
    labels: { site: "lab" },
  },
  {
    id: "backdoor",
    source: { kind: "rtsp", url: "rtsp://127.0.0.1:1/main" },
    labels: { site: "stadium" },
  },
  {
    id: "at-rest",
    source: { kind: "scene", scene: "counter", fps: 5 },
    labels: { site: "lab" },
  },
];

/** What is taken: one page or all, on a phone and on a desktop or in other widths; or what is shown to people. */
interface Wanted {
  only?: string;
  widths: readonly number[];
  pictures: boolean;
}

/** Takes pages of the console in both themes into `out/shots`, or the pictures of the README into `docs/pictures`. */
async function takeShots({ only, widths, pictures }: Wanted): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const sizes = widths.length === 0
    ? SIZES
    : widths.map((width) => ({ name: `${width}`, width, height: 900, deviceScaleFactor: 1, mobile: width < 600 }));
  await using server = await ConsoleServer.start();
  for (const stream of STREAMS) await server.ask("POST", "/api/v1/streams", stream);
  await server.ask("POST", "/api/v1/streams/at-rest/pause");
  await using page = await BrowserPage.open(SIZES[0]);
  // Else nothing in it can have the focus.
  await page.send("Emulation.setFocusEmulationEnabled", { enabled: true });
  for (const { name: size, ...metrics } of sizes) {
    await page.send("Emulation.setDeviceMetricsOverride", metrics);
    for (const theme of THEMES) {
      await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
      for (const shot of PAGES) {
        const name = `${shot.name}-${size}-${theme}`;
        if ((pictures && !SHOWN.includes(name)) || (only !== undefined && only !== shot.name)) continue;
        const others = shot.alone ? STREAMS.filter(({ id }) => id !== "at-rest") : [];
        for (const { id } of others) await server.ask("POST", `/api/v1/streams/${id}/pause`);
        await show(page, `${server.url}/${shot.hash}`, shot);
        const form = pictures ? { format: "webp", quality: 82 } : { format: "png" };
        const { data } = await page.send("Page.captureScreenshot", form) as { data: string };
        const folder = pictures ? PICTURES : FOLDER;
        await Deno.writeFile(new URL(`${name}.${form.format}`, folder), Buffer.from(data, "base64"));
        for (const { id } of others) await server.ask("POST", `/api/v1/streams/${id}/resume`);
      }
    }
  }
  for (const complaint of page.complaints) process.stderr.write(`${complaint}\n`);
}

async function show(page: BrowserPage, url: string, { ready, before }: Shot): Promise<void> {
  await page.goto("about:blank");
  await page.goto(url);
  await page.until(`document.readyState === "complete" && (${ready ?? `document.querySelector("main h1")`})`);
  // Figures and charts want a few seconds of something to show.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  if (before === undefined) return;
  await page.evaluate(before);
  await new Promise((resolve) => setTimeout(resolve, 1500));
}

if (import.meta.main) {
  if (CHROMIUM === undefined) {
    process.stderr.write(
      "Cannot take pictures of the console: there is no Chromium on this machine\n",
    );
    Deno.exit(1);
  }
  // deno task shots [PAGE] [WIDTH …], or deno task shots --pictures [PAGE]
  const pictures = Deno.args.includes("--pictures");
  const words = Deno.args.filter((arg) => arg !== "--pictures");
  const [only, ...rest] = words.filter((arg) => !/^\d+$/.test(arg));
  if (rest.length > 0) throw new TypeError(`One page or all, not ${rest.join(", ")} as well`);
  const widths = words.map(Number).filter((width) => width > 0);
  await takeShots({ ...(only !== undefined && { only }), widths, pictures });
}

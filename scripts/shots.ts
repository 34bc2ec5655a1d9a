import { Buffer } from "node:buffer";
import process from "node:process";
import { BrowserPage, CHROMIUM } from "../tests/support/browser.ts";
import { ConsoleServer } from "../tests/support/console_server.ts";

const FOLDER = new URL("../out/shots/", import.meta.url);

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

/** Each page, by its hash, and what tells that it shows what there is. */
const PAGES = [
  {
    name: "wall",
    hash: "#/",
    ready: `document.querySelector("canvas.live.begun")`,
  },
  {
    name: "stream",
    hash: "#/streams/pitch",
    ready: `document.querySelector("canvas.live.begun") && document.querySelector(".moments li")`,
  },
  {
    name: "trouble",
    hash: "#/streams/backdoor",
    ready: `document.querySelector(".history td")`,
  },
  { name: "add", hash: "#/add" },
  { name: "webcam", hash: "#/webcam" },
  { name: "predict", hash: "#/predict" },
  { name: "models", hash: "#/models" },
  { name: "system", hash: "#/system" },
];

const pitch = (id: string, seed: number, labels: Record<string, string>) => ({
  id,
  source: { kind: "scene", scene: "pitch", seed, fps: 10 },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
  policy: { fps: 5 },
  labels,
});
const STREAMS = [
  pitch("pitch", 7, { site: "stadium" }),
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

/** What is taken: one page or all, on a phone and on a desktop or in other widths. */
interface Wanted {
  only?: string;
  widths: readonly number[];
}

/** Takes pages of the console in both themes into `out/shots`. */
async function takeShots({ only, widths }: Wanted): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const sizes = widths.length === 0
    ? SIZES
    : widths.map((width) => ({ name: `${width}`, width, height: 900, deviceScaleFactor: 1, mobile: width < 600 }));
  await using server = await ConsoleServer.start();
  for (const stream of STREAMS) {
    await server.ask("POST", "/api/v1/streams", stream);
  }
  await server.ask("POST", "/api/v1/streams/at-rest/pause");
  await using page = await BrowserPage.open(SIZES[0]);
  for (const { name: size, ...metrics } of sizes) {
    await page.send("Emulation.setDeviceMetricsOverride", metrics);
    for (const theme of THEMES) {
      await page.send("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: theme }],
      });
      for (
        const { name, hash, ready = `document.querySelector("main h1")` } of PAGES
      ) {
        if (only !== undefined && only !== name) continue;
        await page.goto("about:blank");
        await page.goto(`${server.url}/${hash}`);
        await page.until(`document.readyState === "complete" && (${ready})`);
        // Figures and charts want a few seconds of something to show.
        await new Promise((resolve) => setTimeout(resolve, 4000));
        const { data } = await page.send("Page.captureScreenshot", {
          captureBeyondViewport: false,
        }) as { data: string };
        await Deno.writeFile(
          new URL(`${name}-${size}-${theme}.png`, FOLDER),
          Buffer.from(data, "base64"),
        );
      }
    }
  }
  for (const complaint of page.complaints) {
    process.stderr.write(`${complaint}\n`);
  }
}

if (import.meta.main) {
  if (CHROMIUM === undefined) {
    process.stderr.write(
      "Cannot take pictures of the console: there is no Chromium on this machine\n",
    );
    Deno.exit(1);
  }
  // deno task shots [PAGE] [WIDTH …]
  const [only, ...rest] = Deno.args.filter((arg) => !/^\d+$/.test(arg));
  if (rest.length > 0) throw new TypeError(`One page or all, not ${rest.join(", ")} as well`);
  await takeShots({ ...(only !== undefined && { only }), widths: Deno.args.map(Number).filter((width) => width > 0) });
}

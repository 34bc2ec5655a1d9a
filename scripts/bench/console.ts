import { parseArgs } from "node:util";
import { print } from "../../src/cli/print.ts";
import { BrowserPage, CHROMIUM } from "../../tests/support/browser.ts";
import { ConsoleServer } from "../../tests/support/console_server.ts";
import { delay } from "./delay.ts";
import { type Machine, machine } from "./machine.ts";
import { treeUsage } from "./process_tree.ts";
import type { TablesReport } from "./render_benchmarks.ts";
import { say } from "./say.ts";
import { round, slope } from "./statistics.ts";
import { markdownTable } from "./text_table.ts";

/** How the console's wall is measured. */
export interface ConsoleBenchOptions {
  tiles: number;
  /** Frames, and so results, a second of each tile's stream. */
  fps: number;
  seconds: number;
}

/** What a wall of live tiles costs in the browser, and how smooth it stays. */
export interface ConsoleBenchResult {
  machine: Machine;
  tiles: number;
  fps: number;
  seconds: number;
  /** From the start of loading the page to the first picture with its result drawn on it. */
  firstOverlayMs: number;
  /** Frames of the interface a second, as the page is asked for them. */
  interfaceFps: number;
  /** The longest time between two of them. */
  longestFrameMs: number;
  /** Pictures drawn a second, all tiles together. */
  picturesFps: number;
  /** Cores that all of Chromium's processes kept busy. */
  browserCores: number;
  /** Memory of all of Chromium's processes, at the end. */
  browserMb: number;
  /** The page's JavaScript heap after collecting, at the start and the end, and its growth by least squares. */
  heap: { firstMb: number; lastMb: number; growthMbPerMinute: number };
}

/** At this size the wall has four columns, and asks for pictures 480 pixels wide. */
const SIZE = { width: 1690, height: 1290 };
const SETTLE_MS = 5000;
const SAMPLES_MOST = 60;

/** Runs before the page's own scripts: notes when the first overlay is there, and counts frames and pictures. */
const WATCH = `
  globalThis.watched = { frames: 0, longest: 0, pictures: 0, last: performance.now() };
  new MutationObserver((changes) => {
    watched.pictures += changes.length;
    if (watched.first === undefined && changes.some(({ target }) => target.dataset.result)) watched.first = performance.now();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-frame"] });
  const frame = (now) => {
    watched.frames++;
    watched.longest = Math.max(watched.longest, now - watched.last);
    watched.last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);`;

interface Watched {
  frames: number;
  longest: number;
  pictures: number;
  first?: number;
}

/** Measures a wall of live tiles in a real browser. */
export async function benchConsole({ tiles, fps, seconds }: ConsoleBenchOptions): Promise<ConsoleBenchResult> {
  await using server = await ConsoleServer.start();
  for (let tile = 1; tile <= tiles; tile++) {
    await server.ask("POST", "/api/v1/streams", {
      id: `tile-${tile}`,
      source: { kind: "scene", scene: "counter", seed: tile, fps, width: 480, height: 270 },
      pipeline: [{ analyzer: "counter" }],
    });
  }
  await using page = await BrowserPage.open(SIZE);
  await page.send("Performance.enable");
  await page.send("Page.addScriptToEvaluateOnNewDocument", { source: WATCH });
  say(`${tiles} tiles at ${fps} results/s for ${seconds} s`);
  await page.goto(server.url);
  await page.until(`document.querySelectorAll("canvas.live.begun").length >= ${tiles}`);
  await delay(SETTLE_MS);

  const heaps: { atMs: number; mb: number }[] = [];
  const sample = async () => heaps.push({ atMs: performance.now(), mb: await heapMb(page) });
  await sample();
  await page.evaluate("Object.assign(watched, { frames: 0, longest: 0, pictures: 0, last: performance.now() })");
  const [before, began] = [treeUsage(page.pid), performance.now()];
  const everyMs = Math.max(5000, seconds * 1000 / SAMPLES_MOST);
  while (performance.now() - began < seconds * 1000) {
    await delay(Math.min(everyMs, seconds * 1000 - (performance.now() - began)));
    await sample();
  }
  const tookS = (performance.now() - began) / 1000;
  const after = treeUsage(page.pid);
  const { frames, longest, pictures, first = NaN } = await page.evaluate<Watched>("watched");
  return {
    machine: machine(),
    tiles,
    fps,
    seconds: round(tookS, 1),
    firstOverlayMs: round(first, 0),
    interfaceFps: round(frames / tookS, 1),
    longestFrameMs: round(longest, 1),
    picturesFps: round(pictures / tookS, 1),
    browserCores: round((after.cpuSeconds - before.cpuSeconds) / tookS, 2),
    browserMb: round(after.memoryMb, 0),
    heap: {
      firstMb: round(heaps[0].mb, 2),
      lastMb: round(heaps.at(-1)!.mb, 2),
      growthMbPerMinute: round(slope(heaps.map(({ atMs, mb }) => ({ x: atMs / 60_000, y: mb }))), 3),
    },
  };
}

/** What lives on the page's heap, garbage left out. */
async function heapMb(page: BrowserPage): Promise<number> {
  await page.send("HeapProfiler.collectGarbage");
  const { metrics } = await page.send("Performance.getMetrics") as { metrics: { name: string; value: number }[] };
  return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value / 1e6;
}

/** What was measured, beside what is wanted of it. */
export function consoleTables(result: ConsoleBenchResult): TablesReport["tables"] {
  const { tiles, fps, seconds, firstOverlayMs, interfaceFps, longestFrameMs, picturesFps } = result;
  const { browserCores, browserMb, heap } = result;
  return [{
    title: `Console: a wall of ${tiles} tiles of 480×270 at ${fps} results/s, watched for ${Math.round(seconds)} s`,
    head: ["what", "figure", "aim"],
    rows: [
      ["from loading the page to the first live overlay, ms", `${firstOverlayMs}`, "≤ 1500"],
      ["frames of the interface a second", `${interfaceFps}`, "60"],
      ["longest time between two of them, ms", `${longestFrameMs}`, "–"],
      ["pictures drawn a second, all tiles together", `${picturesFps}`, `${tiles * fps}`],
      ["cores that all of Chromium's processes kept busy", `${browserCores}`, "≤ 1"],
      ["memory of all of Chromium's processes, MB", `${browserMb}`, "–"],
      ["the page's heap at the start and at the end, MB", `${heap.firstMb} and ${heap.lastMb}`, "–"],
      ["growth of that heap, MB a minute", `${heap.growthMbPerMinute}`, "0"],
    ],
  }];
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      tiles: { type: "string", default: "16" },
      fps: { type: "string", default: "10" },
      // Whether memory stays flat shows in half an hour: 1800.
      seconds: { type: "string", default: "30" },
      json: { type: "boolean", default: false },
    },
  });
  if (CHROMIUM === undefined) {
    say("Cannot measure the console: there is no Chromium on this machine");
    Deno.exit(1);
  }
  const [tiles, fps, seconds] = [values.tiles, values.fps, values.seconds].map(Number);
  const report: TablesReport = {
    command: `deno run -A scripts/bench/console.ts --tiles ${tiles} --fps ${fps} --seconds ${seconds} --json`,
    tables: consoleTables(await benchConsole({ tiles, fps, seconds })),
  };
  if (values.json) print(JSON.stringify(report, null, 2));
  else for (const { title, head, rows } of report.tables) print(`${title}\n\n${markdownTable(head, rows)}\n`);
}

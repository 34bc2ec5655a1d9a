import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { print } from "../../src/cli/print.ts";
import { measure, type Measured } from "../build/measure.ts";
import { hostTarget } from "../build/target.ts";
import { type FreshClone, freshClone } from "./fresh_clone.ts";
import type { TablesReport } from "./render_benchmarks.ts";
import { markdownTable } from "./text_table.ts";

const HELP =
  `Measure what shipping costs: a fresh clone to the first result in a browser, the single file, its starts, memory.

  deno run -A scripts/bench/shipping.ts [--runs 5] [--json]

The single file is dist/weir-<os>-<arch>, which \`deno task build\` makes.`;

const ROOT = join(import.meta.dirname!, "..", "..");

/** How many bytes of the file are what. */
interface Parts {
  runtimeMB: number;
  archiveMB: number;
}

/** The head tells where the parts lie. */
async function partsOf(file: string): Promise<Parts> {
  using opened = await Deno.open(file);
  const head = new Uint8Array(64 * 1024);
  const read = await opened.read(head) ?? 0;
  const text = new TextDecoder().decode(head.subarray(0, read));
  const value = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(text)?.[1]);
  return {
    runtimeMB: value("runtime_bytes") / 1e6,
    archiveMB: (value("total_bytes") - value("archive_at")) / 1e6,
  };
}

/** The tables of what was measured. */
export function shippingTables(clone: FreshClone, file: Measured, parts: Parts): TablesReport["tables"] {
  const s = (seconds: number) => `${seconds.toFixed(1)} s`;
  const mb = (size: number) => `${size.toFixed(0)} MB`;
  const verdict = (aim: string, met: boolean) => met ? aim : `${aim} missed`;
  return [{
    title: "Shipping",
    head: ["figure", "value", "aim"],
    rows: [
      ["fresh clone to the first result drawn in a browser", s(clone.drawnS), verdict("≤ 60 s", clone.drawnS <= 60)],
      ["of this, until the server says where it is", s(clone.serverS), ""],
      ["the single file", mb(file.sizeMB), verdict("≤ 120 MB", file.sizeMB <= 120)],
      ["of this, Deno (gzip)", mb(parts.runtimeMB), ""],
      ["of this, FFmpeg, ONNX Runtime and Weir with its console and models (zstd)", mb(parts.archiveMB), ""],
      ["first start to ready, unpacking included", s(file.firstStartS), verdict("≤ 6 s", file.firstStartS <= 6)],
      ["later starts to ready", s(file.laterStartS), verdict("≤ 1.5 s", file.laterStartS <= 1.5)],
      ["later starts with the demonstration's stream", s(file.laterStartWithDemoS), ""],
      ["memory of all processes, idle", mb(file.idleMB), verdict("≤ 200 MB", file.idleMB <= 200)],
      [
        "the same with one 720p stream and the built-in model",
        mb(file.oneStreamMB),
        verdict("≤ 350 MB", file.oneStreamMB <= 350),
      ],
    ],
  }];
}

const NOTES = [
  "The clone has nothing of what was fetched before: npm's cache, npx's programs and Deno's cache are new folders, so Deno " +
  "and every package come from the registry. Memory is PSS, 15 seconds after ready: pages that several processes share " +
  "count in proportion, pages of libraries that the system may drop at any moment count in full.",
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else {
    const path = join(ROOT, "dist", `weir-${hostTarget().name}`);
    const clone = await freshClone(ROOT);
    const tables = shippingTables(clone, await measure(path, Number(values.runs)), await partsOf(path));
    const [busy] = Deno.loadavg();
    const machine = `${basename(path)}, ${navigator.hardwareConcurrency} cores, on which ${
      busy.toFixed(1)
    } threads wanted to run.`;
    const report: TablesReport = {
      command: "deno run -A scripts/bench/shipping.ts --json",
      notes: [machine, ...NOTES],
      tables,
    };
    const text = tables.map(({ head, rows }) => markdownTable(head, rows)).join("\n\n");
    print(values.json ? JSON.stringify(report, null, 2) : `${text}\n\n${machine}`);
  }
}

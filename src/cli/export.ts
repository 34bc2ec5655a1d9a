import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readDataset, splitDataset } from "../capture/dataset.ts";
import { exportCoco } from "../capture/export_coco.ts";
import { exportYolo } from "../capture/export_yolo.ts";
import { type Command, parseFlags } from "./flags.ts";
import { formatCounts } from "./format.ts";
import { helpPage } from "./help.ts";
import { complain, print } from "./print.ts";
import { progressBar } from "./progress.ts";
import { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const FORMATS = { coco: exportCoco, yolo: exportYolo };

const flags = {
  format: { type: "string", choices: ["coco", "yolo"], value: "FORMAT", description: "coco or yolo" },
  output: { type: "string", value: "DIR", description: "folder to make; it must not exist" },
  val: {
    type: "number",
    min: 0,
    max: 0.9,
    value: "SHARE",
    description:
      "share that is set aside for validating: of each stream its latest, so that no neighbours are in both " +
      "parts (default 0)",
  },
  step: { type: "string", value: "NAME", description: "the step whose findings count, where several found things" },
  label: { type: "string", multiple: true, value: "LABEL", description: "only these" },
  "min-score": { type: "number", min: 0, max: 1, value: "X", description: "leave out what scores lower" },
  quiet: { type: "boolean", description: "say nothing unless it fails" },
} as const;

/** `weir export`, declared. */
export const exportHelp: Command<typeof flags> = {
  name: "export",
  summary: "makes a dataset for training out of captures",
  usage: "DIR --format coco|yolo --output DIR [options]",
  flags,
  notes: [
    ["Captures", [
      "DIR is what weir capture made, or the captures of a server: captures in its data directory, of one stream or",
      "of all. Clips are left out. Pictures in which nothing was found are in it too: they teach what is nothing.",
      "What is in the labels was found by a model: look it through before you train on it.",
    ]],
    ["Formats", [
      "coco  images/ and annotations/instances_train.json (and _val): boxes, and outlines where the model gave any",
      "yolo  images/train, labels/train (and val) and data.yaml: boxes",
    ]],
  ],
  examples: [
    ["weir export data/raw --format yolo --output data/yolo --val 0.2", "a dataset for a YOLO trainer"],
    ["weir export data/raw --format coco --output data/coco --label person", "people only, as COCO's instances"],
  ],
};

/** `weir export`. Answers the exit code. */
export async function exportCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals, help } = parseFlags(exportHelp, args);
  if (help) {
    print(helpPage(exportHelp));
    return 0;
  }
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new UsageError("weir export wants one folder of captures");
  const { format, output, val = 0, step, label: labels, quiet } = flags;
  if (format === undefined) throw new UsageError("weir export wants --format coco or --format yolo");
  if (output === undefined) throw new UsageError("weir export wants --output DIR");
  if (!existsSync(directory)) throw new UsageError(`There is no folder ${directory}`);
  const target = resolve(output);
  if (existsSync(target)) {
    throw new UsageError(`${output} exists already; give the name of a folder that is to be made`);
  }
  const dataset = await readDataset(resolve(directory), { step, labels, minScore: flags["min-score"] });
  const { samples, unreadable } = dataset;
  if (unreadable.count > 0) complain(`${unreadable.count} captures cannot be read, such as ${unreadable.reason}`);
  if (samples.length === 0) throw new Error(`There are no pictures in ${directory}`);
  const { train, val: rest } = splitDataset(samples, val);
  const terminal = new Terminal();
  let done = 0;
  const partial = `${target}.partial`;
  try {
    await FORMATS[format as keyof typeof FORMATS](partial, val > 0 ? { train, val: rest } : { train }, dataset, () => {
      done++;
      if (!quiet && done % 16 === 0) terminal.draw([progressBar({ share: done / samples.length })]);
    });
    await Deno.rename(partial, target);
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
    throw error;
  } finally {
    terminal.clear();
  }
  if (quiet) return 0;
  const counts: Record<string, number> = {};
  for (const { label } of samples.flatMap(({ objects }) => objects)) counts[label] = (counts[label] ?? 0) + 1;
  const parts = val > 0 ? ` (${train.length} to train, ${rest.length} to validate)` : "";
  terminal.say(`${output}: ${samples.length} pictures${parts}; ${formatCounts(counts)}`);
  return 0;
}

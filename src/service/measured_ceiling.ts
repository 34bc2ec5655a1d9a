import { mkdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../capture/capture_files.ts";

/** So many networks are remembered; the ones that were measured longest ago go first. */
const MOST = 20;
const FILE = "ceiling.json";

const rate = z.number().min(0);
const measuredSchema = z.strictObject({
  label: z.string().max(200).describe("the network, in words"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).describe("of its file"),
  measuredAt: z.iso.datetime(),
  cpu: z.string().max(200),
  cores: z.int().min(1),
  version: z.string().max(50).describe("of Weir"),
  weirPerSecond: rate.describe("frames a second through Weir, with nothing else to do"),
  barePerSecond: rate.describe("frames a second of a bare loop on the same cores, without Weir"),
  disturbed: z.boolean().describe("other programs had a part of the machine meanwhile"),
});
const fileSchema = z.strictObject({ v: z.literal(1), models: z.array(measuredSchema).max(MOST) });

/** What `weir bench` found that a machine can do with one network. */
export type Measured = z.infer<typeof measuredSchema>;

/** Where a figure was measured, as far as it matters to it. */
export function thisMachine(): Pick<Measured, "cpu" | "cores"> {
  const [first] = cpus();
  return { cpu: (first?.model ?? "unknown").trim().slice(0, 200), cores: navigator.hardwareConcurrency };
}

/** What was measured for a data directory, newest first; nothing where nothing was, or where it cannot be read. */
export async function readMeasured(dataDir: string): Promise<Measured[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(dataDir, FILE), "utf8"))).models;
  } catch {
    return [];
  }
}

/** Puts measurements beside the earlier ones of other networks, for the server that works in this data directory to show. */
export async function rememberMeasured(dataDir: string, measured: readonly Measured[]): Promise<void> {
  const fresh = new Set(measured.map(({ sha256 }) => sha256));
  const earlier = (await readMeasured(dataDir)).filter(({ sha256 }) => !fresh.has(sha256));
  const models = [...measured, ...earlier].slice(0, MOST);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeWhole(join(dataDir, FILE), new TextEncoder().encode(JSON.stringify({ v: 1, models }, null, 2)));
}

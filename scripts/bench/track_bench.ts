// How long the tracker takes for a frame, and, where a Python with `supervision` is named, how long that takes.
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { print } from "../../src/cli/print.ts";
import { Track, trackSchema } from "../../src/analyzers/track.ts";
import type { Box, Detection, ModelOutput } from "../../src/core/results.ts";
import { median, percentile } from "./statistics.ts";
import { random } from "./random.ts";
import { textTable } from "./text_table.ts";

const HELP = `Measure the tracker: milliseconds a frame, a call of push() from detections to identities.

  deno run -A scripts/bench/track_bench.ts [--objects 50] [--frames 600] [--runs 5] [--python PYTHON] [--json]

PYTHON has the package supervision (0.27 is the last with its ByteTrack); it tracks the very same boxes, in turns.`;

const PEER = fileURLToPath(new URL("./track_peer.py", import.meta.url));
const WIDTH = 1920;
const HEIGHT = 1080;
const FPS = 25;
const WARM_UP = 0.25;
/** As ByteTrack's authors have them; the peer gets the same. */
const SETTINGS = { method: "bytetrack", high: 0.6, start: 0.7, keepMs: 1000 };

/** What it prints with `--json`. */
export interface TrackReport {
  v: 1;
  objects: number;
  results: { name: string; medianMs: number; p99Ms: number; tracked: number; identities: number }[];
  /** How many times longer the peer takes. */
  ratio?: number;
}

/** What one run of one tracker took and found. */
interface Run {
  frameMs: number[];
  identities: number;
  tracked: number;
}

/** Objects that walk about, seen by a detector that misses some and is never exact. */
export function walkers(objects: number, frames: number): Detection[][] {
  const next = random(2024);
  const things = Array.from({ length: objects }, () => ({
    x: next() * (WIDTH - 60),
    y: next() * (HEIGHT - 120),
    dx: next() * 8 - 4,
    dy: next() * 4 - 2,
    width: 25 + next() * 35,
    height: 60 + next() * 60,
  }));
  const shaken = (value: number) => value + next() * 4 - 2;
  return Array.from({ length: frames }, () =>
    things.flatMap((thing) => {
      thing.x += thing.dx;
      thing.y += thing.dy;
      if (thing.x < 0 || thing.x > WIDTH - thing.width) thing.dx = -thing.dx;
      if (thing.y < 0 || thing.y > HEIGHT - thing.height) thing.dy = -thing.dy;
      if (next() < 0.03) return [];
      const box: Box = [shaken(thing.x), shaken(thing.y), shaken(thing.width), shaken(thing.height)];
      return [{ box, label: "person", classId: 0, score: next() < 0.1 ? 0.3 : 0.75 + next() * 0.2 }];
    }));
}

function runOurs(boxes: readonly Detection[][], options: Record<string, unknown>): Run {
  const tracker = new Track(trackSchema.parse(options));
  let tracked = 0;
  let identities = 0;
  const frameMs = boxes.map((detections, frame) => {
    const detect: ModelOutput = { model: "made up", detections: detections.map((detection) => ({ ...detection })) };
    const info = { stream: "s", epoch: 1, seq: frame + 1, ptsUs: (frame * 1e6) / FPS, arrivedAtMs: 0 };
    const whole = { info, width: WIDTH, height: HEIGHT, outputs: { detect } };
    const beganMs = performance.now();
    const { active, total } = tracker.push(whole);
    const tookMs = performance.now() - beganMs;
    tracked += active;
    identities = total;
    return tookMs;
  });
  return { frameMs, tracked, identities };
}

async function runPeer(python: string, boxes: readonly Detection[][]): Promise<Run> {
  const child = new Deno.Command(python, { args: [PEER], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const frames = boxes.map((detections) => detections.map(({ box, score }) => [...box, score]));
  const writer = child.stdin.getWriter();
  const sent = writer.write(new TextEncoder().encode(JSON.stringify({ fps: FPS, ...SETTINGS, frames })))
    .then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  await sent;
  if (!success) throw new Error(`Cannot run the peer with ${python}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What is left once the machine knows the way. */
function warm({ frameMs }: Run): number[] {
  return frameMs.slice(Math.floor(frameMs.length * WARM_UP));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      objects: { type: "string", default: "50" },
      frames: { type: "string", default: "600" },
      runs: { type: "string", default: "5" },
      python: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return print(HELP);
  const boxes = walkers(Number(values.objects), Number(values.frames));
  const { python } = values;
  const rows: Record<string, () => Run | Promise<Run>> = {
    "weir, bytetrack": () => runOurs(boxes, SETTINGS),
    "weir, ocsort": () => runOurs(boxes, { method: "ocsort" }),
    ...(python && { "supervision, ByteTrack": () => runPeer(python, boxes) }),
  };
  const runs = new Map(Object.keys(rows).map((name) => [name, [] as Run[]]));
  for (let n = 0; n < Number(values.runs); n++) {
    for (const [name, run] of Object.entries(rows)) runs.get(name)!.push(await run());
  }
  const results = [...runs].map(([name, several]) => ({
    name,
    medianMs: median(several.map((run) => median(warm(run)))),
    p99Ms: median(several.map((run) => percentile(warm(run), 0.99))),
    tracked: several[0].tracked,
    identities: several[0].identities,
  }));
  const [ours, , peer] = results;
  const ratio = peer && peer.medianMs / ours.medianMs;
  if (values.json) {
    const report: TrackReport = { v: 1, objects: Number(values.objects), results, ...(ratio && { ratio }) };
    print(JSON.stringify(report));
    return;
  }
  const digits = (value: number) => value.toFixed(3);
  const cells = results.map(({ name, medianMs, p99Ms, tracked, identities }) => [
    name,
    digits(medianMs),
    digits(p99Ms),
    String(tracked),
    String(identities),
  ]);
  print(textTable(["tracker", "median ms", "p99 ms", "tracked", "identities"], cells));
  if (ratio) print(`\nweir takes ${ratio.toFixed(1)} times less than supervision on the same boxes`);
}

if (import.meta.main) await main();

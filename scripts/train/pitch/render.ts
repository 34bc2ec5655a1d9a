// deno-lint-ignore-file no-console
// Renders pitch scenes as training material: packed rgb24 frames, and truth.jsonl beside them.
import { createPitchScene, type PitchTruth } from "../../../streams/scenes/pitch_scene.ts";

const HELP = `Render frames of pitch scenes with their truth.

  deno run -A scripts/train/pitch/render.ts --seeds 1000-1019 --frames 40 --every 25 --size 1280x720 --out DIR

  --seeds A-B | A,B,C   the matches to render
  --frames N            frames of each match (default 40)
  --every N             steps between two rendered frames, at --fps (default 25)
  --start SECONDS       how far into the match the first frame lies (default 0)
  --fps N               frames a second of the world (default 25)
  --size WxH            size the scene is rendered at (default 1280x720)
  --shrink N            write pictures N times smaller, by averaging N×N pixels; the truth follows (default 1)
  --jobs N              processes (default 1)
  --out DIR             gets frames.rgb (packed rgb24 pictures) and truth.jsonl

Each line of truth.jsonl is one picture's truth plus its "seed", in the order of frames.rgb: seed by seed.`;

interface Options {
  seeds: number[];
  frames: number;
  every: number;
  start: number;
  fps: number;
  width: number;
  height: number;
  shrink: number;
  jobs: number;
  out: string;
}

function parse(args: string[]): Options {
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    if (!args[i].startsWith("--") || args[i + 1] === undefined) throw new Error(`Cannot read the option ${args[i]}`);
    values.set(args[i].slice(2), args[i + 1]);
  }
  const take = (name: string, fallback?: string) => {
    const value = values.get(name) ?? fallback;
    values.delete(name);
    if (value === undefined) throw new Error(`--${name} is missing`);
    return value;
  };
  const whole = (name: string, fallback: string, least = 1) => {
    const value = Number(take(name, fallback));
    if (!Number.isFinite(value) || value < least) throw new Error(`--${name} is not a number of at least ${least}`);
    return value;
  };
  const seeds = take("seeds").split(",").flatMap((part) => {
    const [from, to = from] = part.split("-").map(Number);
    if (!Number.isInteger(from) || !Number.isInteger(to) || to < from) throw new Error(`Cannot read the seeds ${part}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const size = /^(\d+)x(\d+)$/.exec(take("size", "1280x720"));
  if (!size) throw new Error("--size is not WxH");
  const options = {
    seeds,
    frames: whole("frames", "40"),
    every: whole("every", "25"),
    start: whole("start", "0", 0),
    fps: whole("fps", "25"),
    width: Number(size[1]),
    height: Number(size[2]),
    shrink: whole("shrink", "1"),
    jobs: whole("jobs", "1"),
    out: take("out"),
  };
  if (options.width % options.shrink || options.height % options.shrink) throw new Error("--shrink does not divide --size");
  if (values.size > 0) throw new Error(`There is no option --${[...values.keys()][0]}`);
  return options;
}

/** Renders one seed into its own stretch of frames.rgb, so that processes can work side by side. */
function renderSeed(seed: number, place: number, options: Options): void {
  const { width, height, fps, shrink, out } = options;
  const scene = createPitchScene({ seed, width, height, fps });
  const rgb = new Uint8Array((width / shrink) * (height / shrink) * 3);
  using file = Deno.openSync(`${out}/frames.rgb`, { write: true });
  file.seekSync(place * options.frames * rgb.length, Deno.SeekMode.Start);
  const lines: string[] = [];
  for (let skipped = Math.round(options.start * fps); skipped > 0; skipped--) scene.skip();
  for (let n = 0; n < options.frames; n++) {
    if (n > 0) for (let i = 1; i < options.every; i++) scene.skip();
    const { pixels, truth } = scene.next();
    if (shrink === 1) packRgb(pixels, rgb);
    else shrinkRgb(pixels, width, shrink, rgb);
    for (let sent = 0; sent < rgb.length;) sent += file.writeSync(rgb.subarray(sent));
    lines.push(JSON.stringify({ seed, ...shrinkTruth(truth, shrink) }));
  }
  Deno.writeTextFileSync(`${out}/truth.${seed}`, lines.join("\n") + "\n");
}

function shrinkTruth(truth: PitchTruth, by: number): PitchTruth {
  if (by === 1) return truth;
  const share = (value: number) => Math.round((value / by) * 100) / 100;
  return {
    ...truth,
    width: truth.width / by,
    height: truth.height / by,
    objects: truth.objects.map((object) => ({ ...object, box: object.box.map(share) as typeof object.box })),
    camera: { homography: truth.camera.homography.map((value, i) => i < 6 ? value / by : value) },
  };
}

function packRgb(rgba: Uint8Array, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
}

function shrinkRgb(rgba: Uint8Array, width: number, by: number, rgb: Uint8Array): void {
  const columns = width / by, rows = rgba.length / 4 / width / by;
  const share = 1 / (by * by);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, to += 3) {
      let r = 0, g = 0, b = 0;
      for (let j = 0; j < by; j++) {
        for (let i = 0, at = ((y * by + j) * width + x * by) * 4; i < by; i++, at += 4) {
          r += rgba[at];
          g += rgba[at + 1];
          b += rgba[at + 2];
        }
      }
      rgb[to] = r * share + 0.5;
      rgb[to + 1] = g * share + 0.5;
      rgb[to + 2] = b * share + 0.5;
    }
  }
}

/** Gives every process its own seeds and waits for all. */
async function renderInProcesses(options: Options, args: string[]): Promise<void> {
  const jobs = Math.min(options.jobs, options.seeds.length);
  const statuses = await Promise.all(Array.from({ length: jobs }, (_, job) => {
    const script = new URL(import.meta.url).pathname;
    const command = ["run", "-A", script, ...args, "--part", `${job}/${jobs}`];
    return new Deno.Command(Deno.execPath(), { args: command, stdin: "null" }).spawn().status;
  }));
  const failed = statuses.filter((status) => !status.success).length;
  if (failed > 0) throw new Error(`${failed} of ${jobs} processes failed`);
}

const args = [...Deno.args];
if (args.includes("--help") || args.length === 0) {
  console.log(HELP);
  Deno.exit(0);
}
const partAt = args.indexOf("--part");
const part = partAt >= 0 ? args.splice(partAt, 2)[1].split("/").map(Number) : undefined;
const options = parse(args);
const startedAt = performance.now();
if (part) {
  const [job, jobs] = part;
  options.seeds.forEach((seed, place) => {
    if (place % jobs === job) renderSeed(seed, place, options);
  });
} else {
  Deno.mkdirSync(options.out, { recursive: true });
  Deno.writeFileSync(`${options.out}/frames.rgb`, new Uint8Array());
  if (options.jobs > 1) await renderInProcesses(options, args);
  else {
    for (const [place, seed] of options.seeds.entries()) {
      renderSeed(seed, place, options);
      console.error(`seed ${seed}: ${options.frames} frames (${place + 1} of ${options.seeds.length})`);
    }
  }
  using truth = Deno.openSync(`${options.out}/truth.jsonl`, { write: true, create: true, truncate: true });
  for (const seed of options.seeds) {
    const lines = Deno.readFileSync(`${options.out}/truth.${seed}`);
    for (let sent = 0; sent < lines.length;) sent += truth.writeSync(lines.subarray(sent));
    Deno.removeSync(`${options.out}/truth.${seed}`);
  }
  const count = options.seeds.length * options.frames;
  const seconds = (performance.now() - startedAt) / 1000;
  console.error(`${count} frames in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} a second) in ${options.out}`);
}

import { Pulse, pulseSchema } from "../../src/analyzers/pulse.ts";
import type { PulseReport } from "../../src/cli/eval_pulse_report.ts";
import { print } from "../../src/cli/print.ts";
import { PulseNetwork } from "../../src/vision/pulse/pulse_network.ts";
import { readSignal } from "../../src/vision/pulse/read_signal.ts";
import { syntheticTrace } from "../../src/vision/pulse/synthetic_trace.ts";
import { Decoder } from "../../streams/av/decoder.ts";
import { openInput } from "../../streams/av/input.ts";
import { createPortraitScene } from "../../streams/scenes/portrait_scene.ts";
import { framePtsUs } from "../../streams/scenes/scene.ts";
import { cached } from "./bench_cache.ts";
import type { ReportTable } from "./bench_report.ts";
import { renderScene } from "./clips.ts";
import { weir } from "./service/contestants.ts";
import { Stage } from "./service/stage.ts";
import { cpuFigures, snapshot } from "./process_usage.ts";
import type { TablesReport } from "./render_benchmarks.ts";
import { median } from "./statistics.ts";
import { markdownTable } from "./text_table.ts";

const SIZE = { width: 1280, height: 720, fps: 30 }, SECONDS = 40, SEED = 2;
const ROUNDS = 5, REQUESTS = 60;
const WEIGHTS = new URL("../../models/builtin/weir-pulse.f32", import.meta.url);

/** A portrait as a camera sends it. */
async function portrait(): Promise<string> {
  return await cached(`portrait-v1-${SECONDS}.mp4`, (path) => {
    renderScene(path, createPortraitScene({ ...SIZE, seed: SEED, bpm: 72 }), SECONDS * SIZE.fps);
  });
}

/** Processor milliseconds of a frame: of decoding alone, or with its pulse read by `pulse`. */
async function frameMs(clip: string, pulse?: Pulse): Promise<number> {
  const { box } = createPortraitScene({ ...SIZE, seed: SEED, bpm: 72 }).next().truth.objects[0];
  const detections = [{ box, label: "face", classId: 0, score: 0.9 }];
  const options = { url: clip, openTimeoutMs: 10_000, readTimeoutMs: 10_000, protocolWhitelist: "file" };
  await using input = await openInput(options, new AbortController().signal);
  using decoder = new Decoder<undefined>(input.video, { threads: 1, hardware: "none" });
  const before = snapshot();
  let frames = 0;
  for (let read = input.readPacketSync(); read !== "ended"; read = input.readPacketSync()) {
    for (const decoded of decoder.decode(read.packet, undefined).pictures) {
      using picture = decoded.picture;
      const info = { stream: "", epoch: 1, seq: frames, ptsUs: framePtsUs(frames, SIZE.fps), arrivedAtMs: 0 };
      const outputs = { detect: { model: "faces", detections } };
      pulse?.push({ info, width: picture.width, height: picture.height, outputs, picture });
      frames++;
    }
  }
  return cpuFigures(before, snapshot(), frames).cpuSecondsPerResult * 1000;
}

/** Half a minute of skin's colours. */
function signal(): Float64Array<ArrayBuffer>[] {
  return syntheticTrace(7, 0.002).trace.map((channel) => Float64Array.from(channel));
}

/** Processor milliseconds that one request's 900 × 3 numbers take, by the network. */
function requestMs(network: PulseNetwork): number {
  const [red, green, blue] = signal();
  const times = Float64Array.from({ length: red.length }, (_, i) => i / 30);
  const before = snapshot();
  for (let n = 0; n < REQUESTS; n++) readSignal({ times, channels: [red, green, blue], method: "auto" }, () => network);
  return cpuFigures(before, snapshot(), REQUESTS).cpuSecondsPerResult * 1000;
}

/** The same of a whole server that is asked over HTTP: its listener, JSON, its threads. */
async function servedMs(): Promise<number[]> {
  const [red, green, blue] = signal();
  const body = JSON.stringify(Array.from(red, (value, i) => [value, green[i], blue[i]]));
  await using stage = await Stage.set(weir);
  const ask = async (times: number) => {
    for (let n = 0; n < times; n++) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${stage.service.url}/predict`, { method: "POST", headers, body });
      const { method } = await response.json();
      if (method !== "network") throw new Error(`The network did not read the signal: ${response.status}`);
    }
  };
  await ask(2 * REQUESTS);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = stage.service.usage();
    await ask(REQUESTS);
    rounds.push(((stage.service.usage().cpuSeconds - before.cpuSeconds) / REQUESTS) * 1000);
  }
  return rounds;
}

async function costTable(): Promise<ReportTable> {
  const clip = await portrait();
  const network = new PulseNetwork(await Deno.readFile(WEIGHTS));
  await frameMs(clip, new Pulse(pulseSchema.parse({})));
  requestMs(network);
  const frames: number[] = [], requests: number[] = [], decoding: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await frameMs(clip);
    decoding.push(bare);
    frames.push(await frameMs(clip, new Pulse(pulseSchema.parse({}))) - bare);
    requests.push(requestMs(network));
  }
  const row = (what: string, values: number[], aim: string) => [
    what,
    median(values).toFixed(2),
    aim,
    values.map((value) => value.toFixed(2)).join(" "),
  ];
  return {
    title: "Heart rate: what it costs, ms of one core",
    head: ["what", "CPU ms", "aim", "rounds"],
    rows: [
      row("a frame of 1280×720 with one face, beyond decoding", frames, "≤ 1"),
      row("decoding that frame", decoding, "–"),
      row("a signal of 900 × 3 at /predict: the reading of it", requests, "≤ 10"),
      row("the same over HTTP: the whole server", await servedMs(), "≤ 10"),
    ],
  };
}

/** What `weir eval pulse` finds. */
async function agreementTables(): Promise<ReportTable[]> {
  const args = ["run", "-A", new URL("../../src/main.ts", import.meta.url).pathname, "eval", "pulse", "--json"];
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`weir eval pulse: ${decoder.decode(stderr)}`);
  const { sets, minConfidence }: PulseReport = JSON.parse(decoder.decode(stdout));
  const percent = (share: number | undefined) => share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
  const number = (value: number | undefined) => value === undefined ? "–" : value.toFixed(2);
  return [{
    title: `Heart rate: how well rates agree with the truth, windows of 30 s (\`weir eval pulse\`)`,
    head: ["set", "method", "MAE", "RMSE", "r", "≤ 5 BPM", "answered", "MAE of these", "≤ 5 of these"],
    rows: sets.flatMap(({ set, methods }) =>
      methods.map(({ method, all, answered }) => [
        set,
        method,
        number(all?.mae),
        number(all?.rmse),
        all ? all.r.toFixed(3) : "–",
        percent(all?.within5),
        percent(answered.share),
        number(answered.agreement?.mae),
        percent(answered.agreement?.within5),
      ])
    ),
  }].map((table) => ({ ...table, title: `${table.title}; answered: confidence ≥ ${minConfidence}` }));
}

if (import.meta.main) {
  const report: TablesReport = {
    command: "deno run -A scripts/bench/pulse.ts --json",
    tables: [await costTable(), ...await agreementTables()],
  };
  if (Deno.args.includes("--json")) print(JSON.stringify(report, undefined, 2));
  else for (const { title, head, rows } of report.tables) print(`${title}\n\n${markdownTable(head, rows)}\n`);
}

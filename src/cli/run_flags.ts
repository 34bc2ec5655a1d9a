import { analyzers } from "../analyzers/registry.ts";
import type { Command } from "./flags.ts";

const ANALYZERS = analyzers.map(({ kind }) => kind).join(", ") || "none yet";

const FLAGS = {
  model: {
    type: "string",
    multiple: true,
    value: "MODEL",
    description: "an .onnx file, or the name of a model that was added or is built in",
  },
  analyze: {
    type: "string",
    multiple: true,
    value: "KIND",
    description:
      `an analyzer to run after the models, such as track, "track?method=ocsort" or 'presence:{"of":"person"}'; in this build: ${ANALYZERS}`,
  },
  plugin: {
    type: "string",
    multiple: true,
    value: "FILE",
    description: "an analyzer of your own, for --analyze; it runs beside the decoding, so it must be code you trust",
  },
  config: {
    type: "string",
    value: "FILE",
    description:
      "run the streams in FILE (YAML or JSON), besides the SOURCEs; the options about streams are for SOURCEs",
  },
  "min-score": { type: "number", min: 0, max: 1, value: "X", description: "leave out what scores lower" },
  out: { type: "string", value: "FILE", description: "write results to FILE (JSON lines) instead of standard output" },
  video: {
    type: "string",
    value: "FILE",
    description: "write the frames with boxes and labels drawn, as H.264 in MP4",
  },
  report: {
    type: "string",
    value: "FILE",
    description: "write what --analyze pulse found to FILE, an HTML page: colours, pulse, spectrum, rates over time",
  },
  "json-report": { type: "string", value: "FILE", description: "write the final report to FILE as JSON" },
  force: { type: "boolean", description: "overwrite files that exist" },
  duration: { type: "number", min: 0.1, value: "SECONDS", description: "stop after so long" },
  fps: { type: "number", min: 0.01, value: "N", description: "use at most N frames a second of each stream" },
  every: { type: "number", integer: true, min: 1, value: "N", description: "use every Nth frame" },
  keyframes: { type: "boolean", description: "use only frames that decode alone" },
  mode: {
    type: "string",
    choices: ["latest", "block", "drop-oldest", "drop-newest"],
    value: "MODE",
    description:
      "what happens to frames that come too fast: the newest wins (latest; live sources), the source waits " +
      "(block; files), or a queue that drops its oldest or newest",
  },
  "max-age": { type: "number", min: 1, value: "MS", description: "drop frames whose result would be older than this" },
  realtime: { type: "boolean", description: "play files at their own pace instead of as fast as possible" },
  loop: { type: "boolean", description: "start files again at their end" },
  deterministic: {
    type: "boolean",
    description: "every frame, one thread, no batches, and no fields that depend on the clock: two runs of one file " +
      "give the same bytes",
  },
  threads: { type: "number", integer: true, min: 1, value: "N", description: "threads of each copy of a model" },
  replicas: { type: "number", integer: true, min: 1, max: 64, value: "N", description: "copies of each model" },
  device: {
    type: "string",
    choices: ["auto", "cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"],
    value: "DEVICE",
    description: "where models run (default auto); weir doctor tells which are there",
  },
  id: { type: "string", value: "NAME", description: "the stream's name in results; only with one source" },
  quiet: { type: "boolean", description: "no status line and no report on standard error; failures are still told" },
} as const;

/** `weir run`, declared. */
export const runHelp: Command<typeof FLAGS> = {
  name: "run",
  summary: "runs sources through models; results come live as JSON lines",
  usage: "SOURCE… [--model MODEL]… [options]\n  weir run --config FILE [options]",
  flags: FLAGS,
  notes: [
    ["Sources", [
      "match.mp4                     a video file",
      "rtsp://user:pass@host/path    a network camera (also rtsps://)",
      "http://host/cam.mjpeg         whatever else FFmpeg opens: HTTP, HLS, MJPEG, RTMP, SRT, UDP",
      "camera:0                      a USB camera of this machine",
      "scene:pitch, scene:counter    synthetic, with known truth; needs nothing",
      "scene:portrait                so is this: somebody whose heart rate is known",
    ]],
    ["Output", [
      "Results go to standard output, one JSON object a line; the status line and the report to standard error.",
      "A reader that is too slow costs a live stream its oldest results; a line of type gap says which.",
      "FILEs take their names when they are complete; until then match.jsonl is called match.partial.jsonl.",
    ]],
    ["Ending", ["Ctrl-C lets frames under way finish and reports; a second one ends at once."]],
    ["Exit codes", [
      "0    the sources ended, or were stopped by Ctrl-C, --duration or a reader that had enough",
      "1    a stream failed, or was never reached; or a model could not be loaded",
      "2    the command line cannot be carried out",
      "130  ended by a second Ctrl-C",
    ]],
  ],
  examples: [
    ["weir run scene:pitch", "a synthetic football pitch through the built-in model"],
    ["weir run rtsp://10.0.0.7/main --model yolo11n.onnx | jq .outputs", "a camera, live"],
    [
      "weir run match.mp4 --model weir-pitch --out match.jsonl --video annotated.mp4",
      "every frame of a file, with an annotated copy",
    ],
    ["weir run camera:0 --model yolo11n.onnx --duration 30", "half a minute of the USB camera, then a report"],
    [
      "weir run face.mp4 --model ultraface.onnx --analyze pulse --report pulse.html",
      "heart rates of the faces in a file, with a page of plots",
    ],
    ["weir run a.mp4 --model m.onnx --deterministic > a.jsonl", "the same bytes every time"],
  ],
};

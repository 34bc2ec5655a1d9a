import { basename, relative, resolve } from "node:path";
import type { Subscription } from "rxjs";
import { CaptureStore } from "../capture/capture_store.ts";
import type { CapturedClip, CapturedFrame, CaptureRules } from "../core/captures.ts";
import { redactUrls } from "../core/redact.ts";
import type { StreamRegistration } from "../core/stream.ts";
import { parseRegistration } from "../../config/schema.ts";
import { parseSource, sourceNamed } from "../../streams/sources/registry.ts";
import { Weir } from "../app.ts";
import { type Command, type FlagValues, parseFlags } from "./flags.ts";
import { formatBytes } from "./format.ts";
import { helpPage } from "./help.ts";
import { onInterrupt } from "./interrupt.ts";
import { registryOf } from "./models_place.ts";
import { print } from "./print.ts";
import { progressBar } from "./progress.ts";
import { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const flags = {
  output: { type: "string", value: "DIR", description: "where pictures go: DIR/2026/01/31/<time>_<id>.jpg and .json" },
  "max-frames": { type: "number", integer: true, min: 1, value: "N", description: "stop after N pictures" },
  every: { type: "number", integer: true, min: 1, value: "N", description: "keep every Nth frame" },
  seconds: { type: "number", min: 0.01, value: "S", description: "keep one frame every S seconds (default 1)" },
  below: { type: "number", min: 0, max: 1, value: "X", description: "keep frames in which something scores below X" },
  model: { type: "string", multiple: true, value: "MODEL", description: "a model whose findings go into the .json" },
  "min-score": { type: "number", min: 0, max: 1, value: "X", description: "leave out what scores lower" },
  quality: { type: "number", integer: true, min: 1, max: 100, value: "Q", description: "of the JPEGs (default 95)" },
  duration: { type: "number", min: 0.1, value: "SECONDS", description: "stop after so long" },
  id: { type: "string", value: "NAME", description: "the stream's name in the .json files (default: capture)" },
  quiet: { type: "boolean", description: "print no paths and no report; failures are still told" },
} as const;

/** `weir capture`, declared. */
export const captureHelp: Command<typeof flags> = {
  name: "capture",
  summary: "builds a dataset: keeps pictures of a source, each with what models find in it",
  usage: "SOURCE --output DIR [options]",
  flags,
  notes: [
    ["Output", [
      "Pictures are in full size, before anything was done to them for a model. The path of each that is kept goes",
      "to standard output. weir export makes COCO or YOLO datasets of them.",
    ]],
    ["Exit codes", ["0  it ended, or was stopped", "1  the source failed, or a picture could not be kept"]],
  ],
  examples: [
    ["weir capture rtsp://10.0.0.7/main --max-frames 200 --output data/raw", "200 pictures of a camera, one a second"],
    [
      "weir capture match.mp4 --every 25 --model weir-pitch --output data/raw",
      "every 25th frame of a file, with what a model finds",
    ],
    ["weir capture camera:0 --below 0.5 --model yolo11n.onnx --output data/hard", "what the model is not sure of"],
  ],
};

/** Pictures that wait to be written before a source that can wait is held back, and when it may go on. */
const CROWDED = 16;
const ROOMY = 4;
const CAPACITY = 512;
const CAPACITY_BYTES = 512 * 2 ** 20;
const REDRAW_MS = 250;

/** `weir capture`. Answers the exit code. */
export async function captureCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals, help } = parseFlags(captureHelp, args);
  if (help) {
    print(helpPage(captureHelp));
    return 0;
  }
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) throw new UsageError("weir capture wants one source");
  if (flags.output === undefined) throw new UsageError("weir capture wants --output DIR");
  return await new CaptureRun(registrationOf(source, flags), flags).run(flags.output);
}

type CaptureFlags = FlagValues<typeof flags>;

function registrationOf(text: string, flags: CaptureFlags): StreamRegistration {
  const { every, seconds, below, model = [], quality, id = "capture" } = flags;
  const minScore = flags["min-score"];
  const rules: Partial<CaptureRules> = {
    ...(every !== undefined && { everyNth: every }),
    ...(seconds !== undefined && { everySeconds: seconds }),
    ...(below !== undefined && { below }),
    ...(quality !== undefined && { quality }),
  };
  if (every === undefined && seconds === undefined && below === undefined) rules.everySeconds = 1;
  const pipeline = model.map((name, n) => ({
    model: name,
    ...(model.length > 1 && { name: `${basename(name).replace(/\W+/g, "-")}-${n + 1}` }),
    ...(minScore !== undefined && { minScore }),
  }));
  try {
    const registration = parseRegistration({ id, source: parseSource(text), pipeline, capture: rules });
    // Who asks for pictures on the command line wants them all.
    return { ...registration, capture: { ...registration.capture!, perHour: Number.MAX_SAFE_INTEGER } };
  } catch (error) {
    throw new UsageError(`Cannot capture ${redactUrls(text)}: ${redactUrls((error as Error).message)}`);
  }
}

/** One `weir capture` from start to report. */
class CaptureRun {
  #terminal = new Terminal();
  #weir!: Weir;
  #store!: CaptureStore;
  #kept = 0;
  #bytes = 0;
  #asked = 0;
  #held = false;
  #stopping?: Promise<void>;

  constructor(private readonly registration: StreamRegistration, private readonly flags: CaptureFlags) {}

  async run(output: string): Promise<number> {
    const { registration, flags: { duration, quiet } } = this;
    const { id } = registration;
    const directory = resolve(output);
    this.#store = await CaptureStore.open({
      directory,
      keep: { bytes: Infinity, files: Infinity },
      exclusive: false,
      capacity: CAPACITY,
      capacityBytes: CAPACITY_BYTES,
      onKept: (entry) => {
        this.#kept++;
        this.#bytes += entry.sizeBytes;
        if (!quiet) print(relative(Deno.cwd(), this.#store.path(entry, entry.extension)));
        this.#follow();
      },
    });
    this.#weir = await Weir.start({ streamWorkers: 1, registry: registryOf() });
    using _interrupt = onInterrupt(() => this.#stop());
    const subscriptions: Subscription[] = [
      this.#weir.captures$.subscribe((capture) => this.#take(capture)),
      this.#weir.states$.subscribe(({ state, cause }) => {
        if (!cause || !["stalled", "backoff", "failed"].includes(state)) return;
        if (!quiet || state === "failed") this.#terminal.say(`${id}: ${state}: ${redactUrls(cause.message)}`);
      }),
    ];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ticker = quiet || !this.#terminal.interactive ? undefined : setInterval(() => this.#draw(), REDRAW_MS);
    try {
      const keeping = { incoming: this.#store.incoming, underWay: CAPACITY };
      await this.#weir.add(registration, { keeping });
      if (duration !== undefined) timer = setTimeout(() => this.#stop(), duration * 1000);
      const status = await this.#weir.done(id);
      await this.#stopping;
      await this.#store.drained();
      this.#terminal.clear();
      const { dropped, failed, fault } = this.#store.status();
      const lost = dropped + failed + (status.capture?.missed ?? 0) + (status.capture?.failed ?? 0);
      if (fault) this.#terminal.say(fault.message);
      if (!quiet || lost > 0) this.#report(output, lost);
      return status.state === "failed" || lost > 0 || status.frames.received === 0 ? 1 : 0;
    } finally {
      clearTimeout(timer);
      clearInterval(ticker);
      this.#terminal.clear();
      await this.#weir[Symbol.asyncDispose]();
      for (const subscription of subscriptions) subscription.unsubscribe();
      await this.#store[Symbol.asyncDispose]();
    }
  }

  #take(capture: CapturedFrame | CapturedClip): void {
    const most = this.flags["max-frames"] ?? Infinity;
    // What was under way when there was enough is not asked for any more.
    if ("path" in capture || this.#asked >= most) return;
    this.#asked++;
    this.#store.keepFrame(capture);
    this.#follow();
    if (this.#asked >= most) this.#stop();
  }

  /** Holds a source that can wait back while the disk does not keep up. */
  #follow(): void {
    const { id, policy } = this.registration;
    const { waiting } = this.#store.status();
    const held = this.#held ? waiting > ROOMY : waiting > CROWDED;
    if (policy.mode !== "block" || held === this.#held || this.#stopping) return;
    this.#held = held;
    this.#weir.hold(id, held);
  }

  #stop(): void {
    this.#stopping ??= this.#weir.stop(this.registration.id).catch((error) => this.#terminal.say(`${error.message}`));
  }

  #draw(): void {
    const most = this.flags["max-frames"];
    const bar = most === undefined ? "" : `${progressBar({ share: Math.min(1, this.#kept / most) })}  `;
    this.#terminal.draw([`${bar}${this.#kept} pictures, ${formatBytes(this.#bytes)}`]);
  }

  #report(output: string, lost: number): void {
    const { source } = this.registration;
    const from = sourceNamed(source.kind).redacted(source);
    const missed = lost > 0 ? `; ${lost} more could not be kept` : "";
    this.#terminal.say(`${this.#kept} pictures of ${from}, ${formatBytes(this.#bytes)}, are in ${output}${missed}`);
  }
}

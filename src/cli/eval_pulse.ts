import { join } from "node:path";
import { fingerIn, pulseEstimates } from "../vision/pulse/estimate_pulse.ts";
import { networkEstimate } from "../vision/pulse/network_estimate.ts";
import type { PulseNetwork } from "../vision/pulse/pulse_network.ts";
import { TRACE_FPS } from "../vision/pulse/pulse_trace.ts";
import { pulseHtml } from "./eval_pulse_html.ts";
import { openLivePulseNetwork, openPulseNetwork } from "./eval_pulse_network.ts";
import { hashesNow, recordEvaluation, recordGate } from "./eval_pulse_record.ts";
import { figuresOf, gateOf, type PulseGuess, type PulseReport, reportText } from "./eval_pulse_report.ts";
import {
  NOISE_LEVELS,
  type PulseCase,
  RESTLESS_NOISES,
  restlessCases,
  syntheticCases,
  welltoryCases,
} from "./eval_pulse_sets.ts";
import { renderPortraits, videoGuesses, videosIn } from "./eval_pulse_videos.ts";
import { type Command, type FlagValues, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { PartialFile } from "./partial_file.ts";
import { print } from "./print.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS = {
  traces: {
    type: "number",
    integer: true,
    min: 10,
    max: 100_000,
    value: "N",
    description: "synthetic traces at each level of noise (default 200)",
  },
  recordings: {
    type: "string",
    value: "FOLDER",
    description: "the Welltory PPG recordings; default vectors/welltory in WEIR_TEST_ASSETS, where that is set",
  },
  videos: {
    type: "string",
    value: "FOLDER",
    description:
      "data/models and data/clips with UltraFace, ME-rPPG and two clips; default WEIR_TEST_ASSETS, where that is set",
  },
  "min-confidence": {
    type: "number",
    min: 0,
    max: 1,
    value: "X",
    description: "below this confidence no rate is given (default 0.7, as in the analyzer)",
  },
  json: { type: "boolean", description: "as JSON, for tools" },
  html: { type: "string", value: "FILE", description: "also write a report with plots to FILE" },
  force: { type: "boolean", description: "overwrite FILE" },
  record: {
    type: "boolean",
    description: "write these figures and hashes beside the weights, for after either was changed on purpose",
  },
} as const;

/** `weir eval pulse`, declared. */
export const evalPulseHelp: Command<typeof FLAGS> = {
  name: "eval pulse",
  summary: "how well heart rates agree with the truth, and whether confidence can be believed",
  usage: "[options]",
  flags: FLAGS,
  notes: [
    ["What is judged", [
      "Every method of the analyzer pulse, its choice among them (auto), the network weir-pulse, and the choice with the",
      "network asked where it is in doubt (live, as the analyzer does), in windows of 30 s:",
      "on synthetic traces (seeds from 1; pulse 0.4 %, common motion 1 %, noise 0.2, 0.6 and 1.2 % of each frame), on",
      "harder ones (restless: the rate wanders, the head is never still, frames are missing), and on recordings of a finger",
      "on a phone's camera beside a chest strap (Welltory, every 5 s), where they are given; and, with --videos, in clips",
      "and in rendered portraits (windows of 10 s), from decoding and faces on, where me_rppg is a network with a state.",
    ]],
    ["Exit codes", ["0    all rules hold", "1    one does not", "2    the command line cannot be carried out"]],
  ],
  examples: [
    ["weir eval pulse", "the table"],
    ["weir eval pulse --recordings vectors/welltory --html pulse.html", "with recordings and plots"],
    ["WEIR_TEST_ASSETS=~/weir-assets weir eval pulse", "with recordings and videos"],
  ],
};

/** Noise of the windows without a pulse. */
const STILL_NOISES = [0.002, 0.006] as const;

/** `weir eval pulse`. Answers the exit code. */
export async function evalPulseCommand(args: string[]): Promise<number> {
  const { flags, positionals, help } = parseFlags(evalPulseHelp, args);
  if (help) {
    print(helpPage(evalPulseHelp));
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`weir eval pulse takes options only; what is "${positionals[0]}"?`);
  const page = flags.html === undefined
    ? undefined
    : new PartialFile(flags.html, { force: flags.force ?? false, option: "--html" });
  const assets = Deno.env.get("WEIR_TEST_ASSETS") || undefined;
  const { report, guesses } = await evalPulse({
    ...(assets !== undefined && { recordings: join(assets, "vectors", "welltory"), videos: assets }),
    ...flags,
  });
  if (page) {
    await Deno.writeTextFile(page.partialPath, pulseHtml(report, guesses));
    await page.commit();
  }
  if (flags.record) await recordEvaluation(report);
  print(flags.json ? JSON.stringify(report) : reportText(report));
  return report.gate.every(({ ok }) => ok) ? 0 : 1;
}

/** Judges every method on every set there is. */
export async function evalPulse(
  flags: FlagValues<typeof FLAGS>,
): Promise<{ report: PulseReport; guesses: PulseGuess[] }> {
  const { traces = 200, "min-confidence": minConfidence = 0.7, recordings: folder, videos } = flags;
  // Before all that takes minutes.
  const filmed = videos === undefined ? undefined : videosIn(videos);
  await using network = await openPulseNetwork();
  const live = await openLivePulseNetwork();
  const guesses: PulseGuess[] = [];
  const synthetic = function* () {
    for (const noise of NOISE_LEVELS) yield* syntheticCases(noise, traces);
    for (const noise of RESTLESS_NOISES) yield* restlessCases(noise, traces);
  };
  for (const one of synthetic()) {
    const { bpm, confidence } = await network.run(one.window);
    guesses.push(...judged(one, live), { ...labels(one), method: "network", bpm, confidence });
  }
  if (folder) { for (const one of welltoryCases(folder)) guesses.push(...judged(one, live)); }
  const films = filmed ? await filmGuesses(filmed) : [];
  guesses.push(...films.filter(({ truth }) => Number.isFinite(truth)));
  const still = stillShares(
    await Promise.all(
      STILL_NOISES.flatMap((noise) => [...syntheticCases(noise, Math.ceil(traces / 2), { depth: 0 })]).map(
        async (one) => [...judged(one, live), { ...labels(one), method: "network", ...await network.run(one.window) }],
      ),
    ),
    minConfidence,
  );
  const dark = Map.groupBy(films.filter(({ truth }) => Number.isNaN(truth)), ({ method }) => method);
  const blind = [...dark].map(([method, list]) => ({
    method,
    windows: list.length,
    share: list.filter(({ confidence }) => confidence >= minConfidence).length / list.length,
  }));
  const sets = figuresOf(guesses, minConfidence);
  const hashes = await hashesNow(network.sha256);
  const report: PulseReport = {
    v: 1,
    notice: "not a medical device",
    minConfidence,
    hashes,
    sets,
    still,
    ...(filmed && { dark: blind }),
    gate: [...flags.record ? [] : await recordGate(hashes), ...gateOf(sets, still, blind)],
    left: [
      ...folder ? [] : ["Not judged: the Welltory recordings, which --recordings or WEIR_TEST_ASSETS would name"],
      ...filmed ? [] : ["Not judged: videos, and ME-rPPG in them, which --videos or WEIR_TEST_ASSETS would name"],
    ],
  };
  return { report, guesses };
}

/** How often a rate is given where there is none to be found. */
function stillShares(windows: readonly PulseGuess[][], minConfidence: number): PulseReport["still"] {
  return ["auto", "live", "network"].map((method) => {
    const told = windows.flat().filter((guess) => guess.method === method && guess.confidence >= minConfidence);
    return { method, windows: windows.length, share: told.length / windows.length };
  });
}

/** Every way's answer, the most trustworthy of those that auto takes, and what is said live, where the network helps out. */
function judged(one: PulseCase, network: PulseNetwork): PulseGuess[] {
  const { trace } = one.window;
  const finger = fingerIn(trace);
  const estimates = pulseEstimates(trace, TRACE_FPS, finger ? [] : ["green"]);
  const ways = finger ? ["red", "green", "blue"] : ["pos", "chrom", "lgi", "omit", "green"];
  const choice = estimates.filter(({ way }) => finger || way !== "green")
    .reduce<typeof estimates[number] | undefined>((a, b) => a && a.confidence >= b.confidence ? a : b, undefined);
  const doubt = (choice?.confidence ?? 0) < 0.8 ? networkEstimate(trace, choice, () => network) : undefined;
  const said = doubt && doubt.confidence > choice!.confidence ? doubt : choice;
  const guess = (
    method: string,
    estimate: { bpm: number; confidence: number } = { bpm: Number.NaN, confidence: 0 },
  ) => ({
    ...labels(one),
    method,
    bpm: estimate.bpm,
    confidence: estimate.confidence,
  });
  return [
    ...ways.map((method) => guess(method, estimates.find(({ way }) => way === method))),
    guess("auto", choice),
    ...finger ? [] : [guess("live", said)],
  ];
}

function labels({ set, name, truth }: PulseCase): Pick<PulseGuess, "set" | "name" | "truth"> {
  return { set, name, truth };
}

/** What is said of clips, and of portraits that are rendered for it. */
async function filmGuesses({ models, videos }: ReturnType<typeof videosIn>): Promise<PulseGuess[]> {
  const folder = await Deno.makeTempDir({ prefix: "weir-eval-" });
  try {
    return await videoGuesses(models, [...videos, ...renderPortraits(folder)]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { Point } from "../vision/canvas.ts";
import { type Passage, passageFrom, passOn } from "./lines_passage.ts";
import { missingForTracks, selectedDetections, selectionOptions, trackOf } from "./selection.ts";
import { anchorOf, anchorSchema, checkUnits, inPixels, namedShapes, pointSchema, unitsSchema } from "./shapes.ts";
import { TrackClock } from "./track_clock.ts";

/** Keys of the output and of a line in it that have a meaning of their own. */
const RESERVED = ["events", "needs"];
const RESERVED_DIRECTIONS = ["labels", "from", "to"];
/** More tracks are not followed past one line at once. */
const PASSAGES_MAX = 1000;
/** More labels are not told apart. */
const LABELS_MAX = 100;
const EVENTS_MAX = 100;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

const directionName = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/,
  "up to 32 letters, digits, dashes, underscores",
);

const lineSchema = z.strictObject({
  from: pointSchema,
  to: pointSchema,
  directions: z.tuple([directionName, directionName]).default(["in", "out"]).describe(
    "What crossing is called. The first is towards the left hand of one who goes from `from` to `to`: upwards over a line drawn to the right, to the right over a line drawn downwards",
  ),
}).superRefine(({ from, to, directions: [first, second] }, context) => {
  if (from[0] === to[0] && from[1] === to[1]) {
    context.addIssue({ code: "custom", path: ["to"], message: "the line has no length: from and to are the same" });
  }
  if (first === second) {
    context.addIssue({ code: "custom", path: ["directions", 1], message: "both directions have the same name" });
  }
  [first, second].forEach((name, index) => {
    if (!RESERVED_DIRECTIONS.includes(name)) return;
    context.addIssue({ code: "custom", path: ["directions", index], message: `a direction cannot be called ${name}` });
  });
});

/** Options of {@link Lines}. */
export const linesSchema = z.strictObject({
  lines: namedShapes("line", lineSchema, RESERVED).describe("The lines, by name"),
  ...selectionOptions,
  units: unitsSchema,
  anchor: anchorSchema,
  margin: z.number().min(0).max(0.2).default(0.005).describe(
    "So far beyond the line something must be to have crossed it, as a share of the picture's diagonal",
  ),
  lostMs: z.number().min(0).max(600_000).default(2000).describe(
    "Out of sight for longer, nobody knows where it went: what it passed meanwhile is not counted, milliseconds",
  ),
}).superRefine(({ lines, units }, context) => {
  for (const [name, { from, to }] of Object.entries(lines)) {
    checkUnits([from], { units, path: ["lines", name, "from"], context });
    checkUnits([to], { units, path: ["lines", name, "to"], context });
  }
}).meta({ examples: [{ lines: { half: { from: [0.5, 0], to: [0.5, 1] } } }] });

/** Parsed options of {@link Lines}. */
export type LinesOptions = z.output<typeof linesSchema>;

/** Something crossed a line. */
export interface LineEvent {
  line: string;
  direction: string;
  track: number;
  label: string;
}

interface Line {
  name: string;
  ends: [from: Point, to: Point];
  directions: [string, string];
  counts: [number, number];
  /** The same by label. */
  labels: Map<string, [number, number]>;
  passages: Map<number, Passage>;
}

/** Counts what crosses lines, by direction and label. */
export class Lines implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #lines: Line[];

  constructor(private readonly options: LinesOptions) {
    this.#lines = Object.entries(options.lines).map(([name, { from, to, directions }]) => ({
      name,
      ends: [from, to],
      directions,
      counts: [0, 0],
      labels: new Map(),
      passages: new Map(),
    }));
  }

  push({ info, width, height, outputs }: AnalyzerFrame): Record<string, unknown> {
    const selected = selectedDetections(outputs, this.options);
    const { nowMs } = this.#clock.push(info.ptsUs);
    const { anchor, units, margin, lostMs } = this.options;
    const size = { width, height };
    const step = { marginPx: margin * Math.hypot(width, height), nowMs };
    const events: LineEvent[] = [];
    const readings: Record<string, unknown> = {};
    for (const line of this.#lines) {
      const [from, to] = inPixels(line.ends, units, size);
      for (const [track, { seenMs }] of line.passages) if (nowMs - seenMs > lostMs) line.passages.delete(track);
      for (const detection of selected.things) {
        const track = trackOf(detection);
        if (track === undefined) continue;
        const at = anchorOf(detection.box, anchor, size);
        const passage = line.passages.get(track);
        if (!passage) {
          if (line.passages.size < PASSAGES_MAX) line.passages.set(track, passageFrom(at, [from, to], step));
          continue;
        }
        const side = passOn(passage, at, [from, to], step);
        if (side !== 0) events.push(count(line, side, { track, label: detection.label }));
      }
      readings[line.name] = reading(line, { from, to });
    }
    return {
      ...readings,
      ...(events.length > 0 && { events: events.slice(0, EVENTS_MAX) }),
      ...missingForTracks(selected),
    };
  }

  reset(): void {
    this.#clock.reset();
    for (const { passages } of this.#lines) passages.clear();
  }
}

function count(line: Line, side: number, { track, label }: { track: number; label: string }): LineEvent {
  const index = side > 0 ? 0 : 1;
  line.counts[index]++;
  const known = line.labels.get(label);
  if (known) known[index]++;
  else if (line.labels.size < LABELS_MAX) line.labels.set(label, index === 0 ? [1, 0] : [0, 1]);
  return { line: line.name, direction: line.directions[index], track, label };
}

function reading({ counts, directions, labels }: Line, ends: { from: Point; to: Point }): Record<string, unknown> {
  const byDirection = (pair: [number, number]) => ({ [directions[0]]: pair[0], [directions[1]]: pair[1] });
  return {
    ...byDirection(counts),
    labels: Object.fromEntries([...labels].map(([label, pair]) => [label, byDirection(pair)])),
    ...ends,
  };
}

/** Lines as the registry of analyzers lists them. */
export const lines = {
  kind: "lines",
  describe: "counts what crosses lines, by direction and label; needs a track step before it",
  schema: linesSchema,
  create: (options: LinesOptions) => new Lines(options),
  outputKeys: ({ lines }: LinesOptions) => [...Object.keys(lines), ...RESERVED],
};

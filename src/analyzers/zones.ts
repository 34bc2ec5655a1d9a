import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { Box } from "../core/results.ts";
import type { Point } from "../vision/canvas.ts";
import { insidePolygon, overlapsPolygon } from "../vision/polygon.ts";
import { missingForTracks, selectedDetections, selectionOptions, trackOf } from "./selection.ts";
import { anchorOf, anchorSchema, checkUnits, inPixels, namedShapes, polygonSchema, unitsSchema } from "./shapes.ts";
import { TrackClock } from "./track_clock.ts";
import { type VisitEvent, Visits } from "./zones_visits.ts";

/** Keys of the output that are not zones. */
const RESERVED = ["events", "needs"];
/** Told of one frame at most. */
const EVENTS_MAX = 100;
const TRACKS_MAX = 100;
const LABELS_MAX = 50;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

const durationMs = (otherwise: number) => z.number().min(0).max(600_000).default(otherwise);

/** Options of {@link Zones}. */
export const zonesSchema = z.strictObject({
  zones: namedShapes("zone", z.strictObject({ points: polygonSchema }), RESERVED).describe("The areas, by name"),
  ...selectionOptions,
  units: unitsSchema,
  anchor: z.union([anchorSchema.unwrap(), z.literal("overlap")]).default("bottom").describe(
    "What of a box must be inside: the middle of its lower edge, where people stand; its centre; or any part of it",
  ),
  enterMs: durationMs(200).describe("Inside for so long before it counts as entered, milliseconds"),
  leaveMs: durationMs(500).describe("Outside for so long before it counts as left, milliseconds"),
  lostMs: durationMs(2000).describe("Out of sight for so long before it counts as left, milliseconds"),
}).superRefine(({ zones, units }, context) => {
  for (const [name, { points }] of Object.entries(zones)) {
    checkUnits(points, { units, path: ["zones", name, "points"], context });
  }
}).meta({
  examples: [{ zones: { box: { points: [[0, 0.2], [0.2, 0.2], [0.2, 0.8], [0, 0.8]] } }, of: "player" }],
});

/** Parsed options of {@link Zones}. */
export type ZonesOptions = z.output<typeof zonesSchema>;

/** How one zone stands. */
export type ZoneReading = {
  /** Detections inside at this moment. */
  count: number;
  /** Tracks that have entered and not left. */
  inside: number;
  entered: number;
  left: number;
  /** Those detections by label. */
  labels: Record<string, number>;
  /** How long the one who is inside longest is, seconds. */
  longestS: number;
  /** How long those who left were inside on average, seconds. */
  meanS?: number;
  /** Those inside, longest first; a hundred at most. */
  tracks: number[];
  /** In source pixels. */
  points: Point[];
};

/** Counts what is in areas of the picture; with tracks also who enters, leaves and stays how long. */
export class Zones implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #zones: { name: string; corners: Point[]; visits: Visits }[];
  /** Told with the next frame. */
  #pending: (VisitEvent & { zone: string })[] = [];

  constructor(private readonly options: ZonesOptions) {
    this.#zones = Object.entries(options.zones).map(([name, { points }]) => ({
      name,
      corners: points,
      visits: new Visits(options),
    }));
  }

  push({ info, width, height, outputs }: AnalyzerFrame): Record<string, unknown> {
    const selected = selectedDetections(outputs, this.options);
    const { nowMs } = this.#clock.push(info.ptsUs);
    const { anchor, units } = this.options;
    const size = { width, height };
    const events = this.#pending.splice(0);
    const readings: Record<string, unknown> = {};
    for (const { name, corners, visits } of this.#zones) {
      const points = inPixels(corners, units, size);
      const isInside = (box: Box) =>
        anchor === "overlap" ? overlapsPolygon(box, points) : insidePolygon(anchorOf(box, anchor, size), points);
      const labels = new Map<string, number>();
      let count = 0;
      for (const detection of selected.things) {
        const inside = isInside(detection.box);
        if (inside) {
          count++;
          const known = labels.get(detection.label);
          if (known !== undefined || labels.size < LABELS_MAX) labels.set(detection.label, (known ?? 0) + 1);
        }
        const track = trackOf(detection);
        if (track !== undefined) visits.see(track, { label: detection.label, inside, nowMs });
      }
      events.push(...visits.settle(nowMs).map((event) => ({ zone: name, ...event })));
      readings[name] = reading(visits, { count, labels, points, nowMs });
    }
    return {
      ...readings,
      ...(events.length > 0 && { events: events.slice(0, EVENTS_MAX) }),
      ...missingForTracks(selected),
    };
  }

  reset(): void {
    this.#clock.reset();
    for (const { name, visits } of this.#zones) {
      const gone = visits.clear().map((event) => ({ zone: name, ...event }));
      this.#pending = [...this.#pending, ...gone].slice(-EVENTS_MAX);
    }
  }
}

function reading(
  visits: Visits,
  { count, labels, points, nowMs }: { count: number; labels: Map<string, number>; points: Point[]; nowMs: number },
): ZoneReading {
  const present = visits.present();
  const { entered, left, meanMs } = visits;
  const seconds = (ms: number) => Math.round(ms) / 1000;
  return {
    count,
    labels: Object.fromEntries(labels),
    inside: present.length,
    entered,
    left,
    longestS: present.length === 0 ? 0 : seconds(nowMs - present[0].sinceMs),
    ...(meanMs !== undefined && { meanS: seconds(meanMs) }),
    tracks: present.slice(0, TRACKS_MAX).map(({ track }) => track),
    points,
  };
}

/** Zones as the registry of analyzers lists them. */
export const zones = {
  kind: "zones",
  describe: "counts what is in areas of the picture; after a track step also who enters, leaves and stays how long",
  schema: zonesSchema,
  create: (options: ZonesOptions) => new Zones(options),
  outputKeys: ({ zones }: ZonesOptions) => [...Object.keys(zones), ...RESERVED],
};

import { useMemo } from "preact/hooks";
import { Plot, plotAxis, type PlotData, type PlotOptions, tokenColour } from "../ui/plot.tsx";
import type { FacePulse, SkinColour } from "../../core/face_pulse.ts";
import type { VitalsRow } from "./vitals_record.ts";

const HEIGHT = 160;
/** Of the axis along the bottom. */
const LOW = 28;
/** A pause between two readings that is longer is a hole. */
const HOLE_MS = 4000;
/** As much of the past is drawn. */
const DRAWN = 900;
/** A scale is at least so wide, BPM: else a tenth of a beat looks like a leap. */
const LEAST_SPAN = 30;

const CHANNELS = [
  { name: "red", token: "--channel-red" },
  { name: "green", token: "--channel-green" },
  { name: "blue", token: "--channel-blue" },
] as const;

const BARE = { legend: { show: false }, cursor: { show: false }, padding: [8, 12, 0, 0] } satisfies PlotOptionsPart;
type PlotOptionsPart = Partial<PlotOptions>;

/** Power by rate, with the rate's interval filled. */
export function SpectrumChart({ spectrum, interval }: Pick<FacePulse, "spectrum" | "interval">) {
  const data = useMemo(() => spectrumData(spectrum, interval), [spectrum, interval]);
  return <Plot data={data} height={HEIGHT} make={spectrumOptions} />;
}

/** How each colour of the skin changed over the last seconds, in shares of its mean. */
export function ChannelsChart({ colours }: { colours: readonly SkinColour[] }) {
  const means = CHANNELS.map((_, channel) => meanOf(colours.map((colour) => colour[channel + 1])));
  const last = colours.at(-1)?.[0] ?? 0;
  const data = [
    colours.map(([time]) => time - last),
    ...means.map((mean, channel) => colours.map((colour) => (colour[channel + 1] / mean - 1) * 100)),
  ];
  return (
    <>
      <Plot data={data} height={HEIGHT} make={channelsOptions} />
      <ul class="legend">
        {CHANNELS.map(({ name, token }, channel) => (
          <li key={name}>
            <span class="swatch" style={{ background: `var(${token})` }} />
            {name} <span class="faint">{colours.length === 0 ? "–" : means[channel].toFixed(1)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The rates over time, each in its interval. */
export function RateChart({ rows }: { rows: readonly VitalsRow[] }) {
  const data = useMemo(() => rateData(rows.slice(-DRAWN)), [rows]);
  return <Plot data={data} height={HEIGHT} make={rateOptions} />;
}

function spectrumData(spectrum: FacePulse["spectrum"], interval: FacePulse["interval"]): PlotData {
  if (!spectrum) return [[], [], []];
  const { from, step, values } = spectrum;
  const rates = values.map((_, index) => from + index * step);
  const [low, high] = interval ?? [1, 0];
  return [rates, values, values.map((value, index) => rates[index] >= low && rates[index] <= high ? value : null)];
}

function rateData(rows: readonly VitalsRow[]): PlotData {
  const drawn: (number | null)[][] = [[], [], [], []];
  rows.forEach(({ atMs, bpm, interval }, index) => {
    const before = rows[index - 1]?.atMs;
    if (before !== undefined && atMs - before > HOLE_MS) point(drawn, before + 1);
    point(drawn, atMs, bpm, interval);
  });
  return drawn;
}

function point(drawn: (number | null)[][], atMs: number, bpm?: number, interval?: FacePulse["interval"]): void {
  const values = [atMs / 1000, interval?.[1] ?? null, interval?.[0] ?? null, bpm ?? null];
  values.forEach((value, index) => drawn[index].push(value));
}

function spectrumOptions(room: HTMLElement): PlotOptions {
  const colour = tokenColour("--pulse");
  const axis = plotAxis(room);
  return {
    ...BARE,
    padding: [8, 12, 0, 12],
    scales: { x: { time: false }, y: { range: [0, 1.05] } },
    axes: [{ ...axis, space: 50, size: LOW }, { ...axis, show: false }],
    series: [
      {},
      { stroke: () => getComputedStyle(room).color, width: 1.5, points: { show: false } },
      { stroke: colour, fill: `${colour}55`, width: 2, points: { show: false } },
    ],
  };
}

function channelsOptions(room: HTMLElement): PlotOptions {
  const axis = plotAxis(room);
  return {
    ...BARE,
    scales: { x: { time: false }, y: { range: (_, least, most) => [Math.min(-0.5, least), Math.max(0.5, most)] } },
    axes: [
      { ...axis, space: 60, size: LOW, values: (_, splits) => splits.map((split) => `${split} s`) },
      { ...axis, size: 52, values: (_, splits) => splits.map((split) => `${split} %`) },
    ],
    series: [{}, ...CHANNELS.map(({ token }) => ({ stroke: tokenColour(token), width: 1.5, points: { show: false } }))],
  };
}

function rateOptions(room: HTMLElement): PlotOptions {
  const colour = tokenColour("--pulse");
  const axis = plotAxis(room);
  const bare = { width: 0, points: { show: false } };
  return {
    ...BARE,
    // The newest time stands at the very end.
    padding: [8, 32, 0, 0],
    scales: { y: { range: (_, least, most) => rateRange(least, most) } },
    axes: [{ ...axis, values: "{HH}:{mm}:{ss}", space: 90, size: LOW }, { ...axis, size: 40 }],
    series: [{}, bare, bare, { stroke: colour, width: 2, points: { size: 4, fill: colour } }],
    bands: [{ series: [1, 2], fill: `${colour}33` }],
  };
}

function rateRange(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [40, 160];
  const spare = Math.max(4, (LEAST_SPAN - (most - least)) / 2);
  return [least - spare, most + spare];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

import { useMemo } from "preact/hooks";
import { now } from "../state/now.ts";
import { Plot, plotAxis, type PlotData, type PlotOptions, tokenColour } from "../ui/plot.tsx";
import { type Part, type Series, stacked } from "./series.ts";

const HEIGHT = 190;
const FILL = "cc";
const WINDOW_S = 120;

/** Areas one on top of the other over time, with a legend that tells the newest values. */
export function StackedChart({ parts, read, unit, text, label }: {
  parts: readonly Part[];
  read(): Series;
  unit: string;
  /** How a value is written. */
  text(value: number): string;
  label: string;
}) {
  const series = read();
  // Redrawn once a second: whoever wants to know it exactly reads the figures.
  void now.value;
  const make = useMemo(() => (room: HTMLElement) => optionsFor(parts, room), [parts]);
  const newest = series.values.map((part) => part.findLast((value) => value !== null));
  return (
    <figure class="chart" aria-label={label}>
      <Plot data={dataOf(series)} height={HEIGHT} make={make} />
      <figcaption>
        <ul class="legend">
          {parts.map(({ name, token, hint }, index) => (
            <li key={name} title={hint}>
              <span class="swatch" style={{ background: `var(${token})` }} />
              {name}{" "}
              <span class="faint">
                {newest[index] == null ? "–" : `${text(newest[index])} ${unit}`}
              </span>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

/** The highest first: the lower ones are painted over it. */
function dataOf({ times, values }: Series): PlotData {
  return [times, ...stacked(values).toReversed()];
}

function optionsFor(parts: readonly Part[], room: HTMLElement): PlotOptions {
  const axis = plotAxis(room);
  return {
    legend: { show: false },
    cursor: { show: false },
    // The last time of day is as wide as this on either side.
    padding: [8, 28, 0, 0],
    scales: {
      x: { range: () => [Date.now() / 1000 - WINDOW_S, Date.now() / 1000] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] },
    },
    axes: [{ ...axis, values: "{HH}:{mm}:{ss}", space: 90 }, { ...axis, size: 44 }],
    series: [
      {},
      ...parts.toReversed().map(({ token }) => {
        const colour = tokenColour(token);
        return { stroke: colour, fill: `${colour}${FILL}`, width: 1, points: { show: false } };
      }),
    ],
  };
}

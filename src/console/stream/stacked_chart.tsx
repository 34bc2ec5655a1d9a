import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { now } from "../state/now.ts";
import { type Part, type Series, stacked } from "./series.ts";

const HEIGHT = 190;
const FILL = "cc";

/** Areas one on top of the other over time, with a legend that tells the newest values. */
export function StackedChart({ parts, read, unit, text, label }: {
  parts: readonly Part[];
  read(): Series;
  unit: string;
  /** How a value is written. */
  text(value: number): string;
  label: string;
}) {
  const room = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const series = read();
  // Redrawn once a second: whoever wants to know it exactly reads the figures.
  void now.value;

  useEffect(() => {
    const element = room.current!;
    const made = new uPlot(optionsFor(parts, element), dataOf(series), element);
    plot.current = made;
    const sizes = new ResizeObserver(() =>
      made.setSize({
        width: Math.max(120, element.clientWidth),
        height: HEIGHT,
      })
    );
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [parts]);

  useEffect(() => plot.current?.setData(dataOf(series)));

  const newest = series.values.map((part) => part.findLast((value) => value !== null));
  return (
    <figure class="chart" aria-label={label}>
      <div class="plot" ref={room} aria-hidden="true" />
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
function dataOf({ times, values }: Series): uPlot.AlignedData {
  return [times, ...stacked(values).toReversed()] as uPlot.AlignedData;
}

function optionsFor(
  parts: readonly Part[],
  element: HTMLElement,
): uPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const ink = () => getComputedStyle(element).color;
  const axis: uPlot.Axis = {
    stroke: ink,
    grid: { stroke: "rgb(128 138 150 / 18%)", width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: Math.max(120, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [{ ...axis, values: "{HH}:{mm}:{ss}", space: 90 }, {
      ...axis,
      size: 44,
    }],
    series: [
      {},
      ...parts.toReversed().map(({ token }): uPlot.Series => {
        const colour = styles.getPropertyValue(token).trim();
        return {
          stroke: colour,
          fill: `${colour}${FILL}`,
          width: 1,
          points: { show: false },
        };
      }),
    ],
  };
}

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

/** What a {@link Plot} draws with; its size is its room's. */
export type PlotOptions = Omit<uPlot.Options, "width" | "height">;
/** Places along the bottom, and each line's values; null leaves a hole. */
export type PlotData = readonly (readonly (number | null)[])[];

const LEAST_WIDTH = 120;

/** A chart as wide as its room. What it shows is told in words beside it: it is nothing for the ears. */
export function Plot({ data, height, make }: {
  data: PlotData;
  height: number;
  /** Asked once, when there is a room to measure: another function is another chart. */
  make(room: HTMLElement): PlotOptions;
}) {
  const room = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  useEffect(() => {
    const element = room.current!;
    const size = () => ({ width: Math.max(LEAST_WIDTH, element.clientWidth), height });
    const made = new uPlot({ ...make(element), ...size() }, data as uPlot.AlignedData, element);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize(size()));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [make, height]);
  useEffect(() => plot.current?.setData(data as uPlot.AlignedData), [data]);
  return <div class="plot" ref={room} style={{ minHeight: `${height}px` }} aria-hidden="true" />;
}

/** An axis that takes its colours from where it stands. */
export function plotAxis(room: HTMLElement): uPlot.Axis {
  return {
    stroke: () => getComputedStyle(room).color,
    grid: { stroke: "rgb(128 138 150 / 18%)", width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
}

/** What a colour token stands for now. */
export function tokenColour(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

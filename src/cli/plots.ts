/** Colours that can be told apart by most eyes, on light and on dark. */
const COLOURS = ["#3b7dd8", "#e0862b", "#2f9e6e", "#b858a8", "#8a8f2c", "#cf4d4d"];
const WIDTH = 360, HEIGHT = 270;
const FRAME = { left: 46, right: 12, top: 38, bottom: 40 };

/** What stands at the axes. */
export interface Axes {
  x: string;
  y: string;
}

/** A point of a scatter plot. */
export interface PlotPoint {
  x: number;
  y: number;
  faint?: boolean;
}

/** Points as an SVG picture, with the diagonal or with level lines. */
export function scatterPlot(
  title: string,
  points: readonly PlotPoint[],
  { diagonal = false, lines = [], ...axes }: Axes & { diagonal?: boolean; lines?: readonly number[] },
): string {
  const xs = points.map(({ x }) => x), ys = [...points.map(({ y }) => y), ...lines];
  const xRange = range(diagonal ? [...xs, ...ys] : xs), yRange = diagonal ? xRange : range(ys);
  const { x, y, grid } = frame(xRange, yRange, axes);
  const rules = lines.map((level) =>
    `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y(level)}" y2="${y(level)}" stroke="#cf4d4d" ` +
    `stroke-dasharray="4 3"/><text x="${WIDTH - FRAME.right}" y="${y(level) - 3}" text-anchor="end">${
      level.toFixed(1)
    }</text>`
  );
  const ideal = diagonal
    ? `<line x1="${x(xRange.low)}" y1="${y(xRange.low)}" x2="${x(xRange.high)}" y2="${y(xRange.high)}" ` +
      `stroke="currentColor" stroke-opacity=".4" stroke-dasharray="4 3"/>`
    : "";
  const dots = points.map((point) =>
    `<circle cx="${x(point.x)}" cy="${y(point.y)}" r="2.6" fill="${COLOURS[0]}" fill-opacity="${
      point.faint ? 0.18 : 0.6
    }"/>`
  );
  return picture(title, [grid, ideal, ...dots, ...rules]);
}

/** Curves as an SVG picture. */
export function linePlot(
  title: string,
  curves: readonly { name: string; colour?: string; points: readonly { x: number; y: number }[] }[],
  axes: Axes,
): string {
  const all = curves.flatMap(({ points }) => points);
  const { x, y, grid } = frame(range(all.map((point) => point.x)), range(all.map((point) => point.y)), axes);
  const drawn = curves.map((curve, index) =>
    `<polyline fill="none" stroke-width="1.6" stroke="${colourOf(curve, index)}" points="${
      curve.points.map((point) => `${x(point.x)},${y(point.y)}`).join(" ")
    }"/>`
  );
  return picture(title, [grid, ...drawn, legend(curves)]);
}

/** Bars in groups as an SVG picture; groups stand in the order in which their labels first come. */
export function barPlot(
  title: string,
  series: readonly { name: string; bars: readonly { label: string; value: number }[] }[],
  axes: Axes,
): string {
  const labels = [...new Set(series.flatMap(({ bars }) => bars.map(({ label }) => label)))];
  const most = Math.max(0, ...series.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const { y, grid } = frame({ low: 0, high: labels.length }, range([0, most]), axes, false);
  const wide = (WIDTH - FRAME.left - FRAME.right) / Math.max(1, labels.length);
  const thick = (wide * 0.8) / Math.max(1, series.length);
  const bars = series.flatMap(({ name, bars }, index) =>
    bars.map(({ label, value }) => {
      const left = FRAME.left + wide * (labels.indexOf(label) + 0.1) + thick * index;
      return `<rect x="${fixed(left)}" y="${y(value)}" width="${fixed(thick)}" height="${
        fixed(Number(y(0)) - Number(y(value)))
      }" ` +
        `fill="${COLOURS[index % COLOURS.length]}"><title>${escaped(name)}, ${escaped(label)}: ${
          value.toFixed(2)
        }</title></rect>`;
    })
  );
  const names = labels.map((label, index) =>
    `<text x="${fixed(FRAME.left + wide * (index + 0.5))}" y="${HEIGHT - FRAME.bottom + 13}" text-anchor="middle" ` +
    `class="soft">${escaped(label)}</text>`
  );
  return picture(title, [grid, ...bars, ...names, legend(series)]);
}

function picture(title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">` +
    `<text x="${FRAME.left}" y="14" style="font-weight:600">${escaped(title)}</text>${parts.join("")}</svg>`;
}

function frame(xs: Range, ys: Range, axes: Axes, numbers = true) {
  const wide = WIDTH - FRAME.left - FRAME.right, high = HEIGHT - FRAME.top - FRAME.bottom;
  const x = (value: number) => fixed(FRAME.left + ((value - xs.low) / (xs.high - xs.low)) * wide);
  const y = (value: number) => fixed(FRAME.top + (1 - (value - ys.low) / (ys.high - ys.low)) * high);
  const across = steps(ys).map((level) =>
    `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y(level)}" y2="${y(level)}" stroke="currentColor" ` +
    `stroke-opacity=".13"/><text x="${FRAME.left - 5}" y="${Number(y(level)) + 4}" text-anchor="end" class="soft">${
      tidy(level)
    }</text>`
  );
  const along = numbers
    ? steps(xs).map((level) =>
      `<text x="${x(level)}" y="${HEIGHT - FRAME.bottom + 13}" text-anchor="middle" class="soft">${tidy(level)}</text>`
    )
    : [];
  const names =
    `<text x="${FRAME.left + wide / 2}" y="${HEIGHT - 8}" text-anchor="middle" class="soft">${escaped(axes.x)}</text>` +
    `<text x="12" y="${FRAME.top + high / 2}" text-anchor="middle" class="soft" transform="rotate(-90 12 ${
      FRAME.top + high / 2
    })">${escaped(axes.y)}</text>`;
  return {
    x: (value: number) => Number(x(value)),
    y: (value: number) => Number(y(value)),
    grid: [...across, ...along, names].join(""),
  };
}

interface Range {
  low: number;
  high: number;
}

/** A range of whole steps around the values. */
function range(values: readonly number[]): Range {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { low: 0, high: 1 };
  const low = finite.reduce((least, value) => Math.min(least, value)),
    high = finite.reduce((most, value) => Math.max(most, value));
  const step = stepOf(high > low ? high - low : Math.max(1, Math.abs(high)));
  return {
    low: Math.floor(low / step) * step,
    high: Math.max(Math.ceil(high / step), Math.floor(low / step) + 1) * step,
  };
}

function steps({ low, high }: Range): number[] {
  const step = stepOf(high - low);
  return Array.from({ length: Math.floor((high - low) / step + 1.001) }, (_, index) => low + index * step);
}

function stepOf(span: number): number {
  const rough = span / 5, ten = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((times) => times * ten >= rough) ?? 10) * ten;
}

/** Names in a row under the title, where no curve is. */
function legend(series: readonly { name: string; colour?: string }[]): string {
  if (series.length < 2) return "";
  const names = series.map((one, index) =>
    `<tspan style="fill:${colourOf(one, index)}" dx="8">● ${escaped(one.name)}</tspan>`
  );
  return `<text x="${FRAME.left - 8}" y="29">${names.join("")}</text>`;
}

function colourOf({ colour }: { colour?: string }, index: number): string {
  return colour ?? COLOURS[index % COLOURS.length];
}

function tidy(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

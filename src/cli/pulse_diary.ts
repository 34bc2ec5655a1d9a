import type { PulseOutput } from "../analyzers/pulse.ts";
import type { FacePulse } from "../core/face_pulse.ts";
import type { ResultEnvelope } from "../core/results.ts";
import { number } from "./eval_pulse_report.ts";
import { linePlot } from "./plots.ts";

/** What is kept of one face: bounded, the oldest go. */
interface Face {
  name: string;
  readings: { pts: number; reading: FacePulse }[];
  colours: NonNullable<FacePulse["colours"]>;
}

const FACES_MAX = 16, READINGS_MAX = 20_000, COLOURS_MAX = 120_000;
/** More points than this no screen shows. */
const POINTS_MAX = 1200;

/** Keeps what the analyzer pulse says in a run, for a summary and a report. */
export class PulseDiary {
  #faces = new Map<string, Face>();

  /** Folds a result in. */
  push({ stream, pts, outputs }: ResultEnvelope): void {
    for (const [step, output] of Object.entries(outputs)) {
      const pulse = output as Partial<PulseOutput>;
      if (pulse.notice !== "not a medical device" || !Array.isArray(pulse.faces)) continue;
      pulse.faces.forEach((reading, index) => {
        const who = reading.track === undefined
          ? pulse.faces!.length > 1 ? `, face ${index + 1}` : ""
          : `, track ${reading.track}`;
        const face = this.#face(`${stream}, ${step}${who}`);
        if (!face) return;
        face.readings.push({ pts, reading: { ...reading, colours: undefined } });
        face.colours.push(...reading.colours ?? []);
        if (face.readings.length > READINGS_MAX) face.readings.splice(0, READINGS_MAX / 4);
        if (face.colours.length > COLOURS_MAX) face.colours.splice(0, COLOURS_MAX / 4);
      });
    }
  }

  /** The rates in a few lines; undefined when no pulse was looked for. */
  text(): string | undefined {
    if (this.#faces.size === 0) return undefined;
    const lines = [...this.#faces.values()].map(({ name, readings }) => {
      const rates = ratesOf(readings);
      const reasons = Map.groupBy(readings.flatMap(({ reading }) => reading.reasons), (reason) => reason);
      const why = [...reasons].sort(([, a], [, b]) => b.length - a.length).map(([reason, all]) =>
        `${reason} ${all.length}`
      );
      const told = `${rates.length} of ${readings.length} readings have a rate`;
      if (rates.length === 0) return `  ${name}: no rate; ${told}: ${why.join(", ")}`;
      const sorted = rates.toSorted((a, b) => a - b);
      const middle = sorted[sorted.length >> 1];
      return `  ${name}: ${number(middle, 1)} BPM (median; ${number(sorted[0], 1)} to ${
        number(sorted.at(-1), 1)
      }), ${told}` +
        (why.length > 0 ? `; in the way: ${why.join(", ")}` : "");
    });
    return ["pulse", ...lines, "  Not a medical device."].join("\n");
  }

  /** One page with everything: colours, pulse, spectrum and rates over time. */
  html(title: string): string {
    const sections = [...this.#faces.values()].map((face) => {
      const last = face.readings.findLast(({ reading }) => reading.wave)?.reading;
      const plots = [this.#rates(face), ...colourPlots(face), ...wavePlot(last), ...spectrumPlot(last)];
      return `<section><h2>${escaped(face.name)}</h2><div class="plots">${plots.join("\n")}</div></section>`;
    });
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><h1>${escaped(title)}</h1>
<p class="notice">Pulse rates by camera are not a medical device.</p>
<pre>${escaped(this.text() ?? "No pulse was looked for: add --analyze pulse.")}</pre>
${sections.join("\n")}</body></html>
`;
  }

  #rates({ readings }: Face): string {
    const points = (of: (reading: FacePulse) => number | undefined) =>
      thin(readings.flatMap(({ pts, reading }) => {
        const y = of(reading);
        return y === undefined ? [] : [{ x: pts, y }];
      }));
    return linePlot("Rate over time", [
      { name: "rate", points: points(({ bpm }) => bpm) },
      { name: "from", points: points(({ interval }) => interval?.[0]) },
      { name: "to", points: points(({ interval }) => interval?.[1]) },
    ], { x: "time, s", y: "BPM" });
  }

  #face(name: string): Face | undefined {
    let face = this.#faces.get(name);
    if (!face && this.#faces.size < FACES_MAX) this.#faces.set(name, face = { name, readings: [], colours: [] });
    return face;
  }
}

function ratesOf(readings: Face["readings"]): number[] {
  return readings.flatMap(({ reading }) => reading.bpm ?? []);
}

/** Each channel over its own mean: levels differ by far more than a beat does. */
function colourPlots({ colours }: Face): string[] {
  if (colours.length < 2) return [];
  const curves = ([["red", "#cf4d4d"], ["green", "#2f9e6e"], ["blue", "#3b7dd8"]] as const).map(
    ([name, colour], channel) => {
      const mean = colours.reduce((sum, sample) => sum + sample[channel + 1], 0) / colours.length;
      return {
        name,
        colour,
        points: thin(colours.map((sample) => ({ x: sample[0], y: (sample[channel + 1] / mean - 1) * 100 }))),
      };
    },
  );
  return [linePlot("Skin colour", curves, { x: "time, s", y: "change, %" })];
}

function wavePlot(reading: FacePulse | undefined): string[] {
  if (!reading?.wave || reading.wave.values.length < 2) return [];
  const { fps, values } = reading.wave;
  const points = values.map((y, i) => ({ x: (i - values.length + 1) / fps, y }));
  return [
    linePlot(`Pulse by ${reading.method}, the last of it`, [{ name: "pulse", points }], {
      x: "time, s",
      y: "deviations",
    }),
  ];
}

function spectrumPlot(reading: FacePulse | undefined): string[] {
  if (!reading?.spectrum) return [];
  const { from, step, values } = reading.spectrum;
  const points = values.map((y, i) => ({ x: from + i * step, y }));
  return [linePlot("Spectrum, the last of it", [{ name: "power", points }], { x: "rate, BPM", y: "power" })];
}

function thin<Point>(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / POINTS_MAX);
  return points.filter((_, index) => index % every === 0);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a2530; --soft: #5c6b78; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3eaf0; --soft: #93a3b0; --back: #11181e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; } .notice { font-weight: 600; } pre { white-space: pre-wrap; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); gap: 1rem; }
svg { width: 100%; max-width: 34rem; height: auto; } svg text { fill: var(--ink); font: 11px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
`;

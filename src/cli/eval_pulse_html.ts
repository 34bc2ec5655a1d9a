import { cellsOf, number, percent, type PulseGuess, type PulseReport } from "./eval_pulse_report.ts";
import { barPlot, linePlot, scatterPlot } from "./plots.ts";

/** What is drawn of a set: what is said live, beside what needs no training and what does. */
const OF_SKIN = ["pos", "live", "network", "me_rppg"], OF_FINGERS = ["red", "auto"];

/** The report of `weir eval pulse` as one page that needs nothing else. */
export function pulseHtml(report: PulseReport, guesses: readonly PulseGuess[]): string {
  const sections = report.sets.map(({ set, windows, methods }) => {
    const ofSet = guesses.filter((guess) => guess.set === set && Number.isFinite(guess.bpm));
    const known = (name: string) => methods.some(({ method }) => method === name);
    const shown = (known("live") ? OF_SKIN : OF_FINGERS).filter(known);
    const rows = methods.map((row) =>
      `<tr><th>${row.method}</th>${cellsOf(row).map((cell) => `<td>${cell}</td>`).join("")}</tr>`
    ).join("\n");
    const by = (method: string) => ofSet.filter((guess) => guess.method === method);
    const scatters = shown.map((method) =>
      scatterPlot(
        `${method}: told over true rate`,
        by(method).map(({ truth, bpm, confidence }) => ({
          x: truth,
          y: bpm,
          faint: confidence < report.minConfidence,
        })),
        { x: "true rate, BPM", y: "told, BPM", diagonal: true },
      )
    );
    const blands = shown.map((method) => {
      const told = by(method).filter(({ confidence }) => confidence >= report.minConfidence);
      const { bias = 0, limits = 0 } = methods.find((one) => one.method === method)?.answered.agreement ?? {};
      return scatterPlot(
        `${method}: Bland–Altman, answers only`,
        told.map(({ truth, bpm }) => ({
          x: (truth + bpm) / 2,
          y: bpm - truth,
        })),
        { x: "mean of both, BPM", y: "told − true, BPM", lines: [bias - limits, bias, bias + limits] },
      );
    });
    const risk = linePlot(
      "Risk and coverage",
      shown.map((method) => ({ name: method, points: riskCurve(by(method)) })),
      {
        x: "share that is answered, %",
        y: "mean error of those, BPM",
      },
    );
    const rates = barPlot(
      "Error by true rate",
      shown.map((method) => ({ name: method, bars: errorByRate(by(method)) })),
      {
        x: "true rate from … to 20 more, BPM",
        y: "MAE, BPM",
      },
    );
    return `<section><h2>${set}</h2><p>${windows} windows. Faint points are below the threshold: no rate is given there.</p>
<table><thead><tr><th></th><th>MAE</th><th>RMSE</th><th>r</th><th>≤ 5</th><th>≤ 10</th><th>answered</th><th>MAE</th><th>≤ 5</th><th>sure</th><th>≤ 5</th></tr></thead>
<tbody>${rows}</tbody></table>
<div class="plots">${[...scatters, ...blands, risk, rates].join("\n")}</div></section>`;
  });
  const noises = report.sets.filter(({ set }) => set.startsWith("synthetic"));
  const byNoise = barPlot(
    "Error by noise, every window",
    ["pos", "chrom", "lgi", "omit", "green", "network"].map((method) => ({
      name: method,
      bars: noises.map(({ set, methods }) => ({
        label: set.replace("synthetic, noise ", ""),
        value: methods.find((one) => one.method === method)?.all?.mae ?? 0,
      })),
    })),
    { x: "noise of one frame", y: "MAE, BPM" },
  );
  const rules = report.gate.map(({ rule, value, ok }) =>
    `<li class="${ok ? "ok" : "bad"}">${ok ? "✓" : "✗"} ${rule}: ${number(value, 3)}</li>`
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weir: heart rates, judged</title><style>${STYLE}</style></head><body>
<h1>Heart rates by camera, judged</h1>
<p class="notice">Pulse rates by camera are ${report.notice}.</p>
<p>The first figures of each row are of every window; <em>answered</em> counts windows with a confidence of
${report.minConfidence} or more, <em>sure</em> those of 0.8 or more.</p>
<p>${
    [["Without a pulse", report.still] as const, ["Of a forehead in the dark", report.dark ?? []] as const]
      .flatMap(([what, shares]) =>
        shares.map(({ method, share }) => `${what}, ${method} gives a rate for ${percent(share)} of windows.`)
      ).join(" ")
  }</p>
<ul class="gate">${rules.join("\n")}</ul>
<div class="plots">${byNoise}</div>
${sections.join("\n")}
${report.left.map((text) => `<p>${text}.</p>`).join("")}
<p class="small">Generator ${report.hashes.generator}<br>Network ${report.hashes.network}</p>
</body></html>
`;
}

/** The mean error of the most trusted windows, for every share of them. */
function riskCurve(guesses: readonly PulseGuess[]): { x: number; y: number }[] {
  const sorted = guesses.toSorted((a, b) => b.confidence - a.confidence);
  let sum = 0;
  return sorted.map(({ bpm, truth }, index) => {
    sum += Math.abs(bpm - truth);
    return { x: ((index + 1) / sorted.length) * 100, y: sum / (index + 1) };
  });
}

function errorByRate(guesses: readonly PulseGuess[]): { label: string; value: number }[] {
  const bins = Map.groupBy(guesses, ({ truth }) => Math.floor(truth / 20) * 20);
  return [...bins].sort(([a], [b]) => a - b).map(([from, list]) => ({
    label: String(from),
    value: list.reduce((sum, { bpm, truth }) => sum + Math.abs(bpm - truth), 0) / list.length,
  }));
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a2530; --soft: #5c6b78; --line: #d5dde3; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3eaf0; --soft: #93a3b0; --line: #33414d; --back: #11181e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.notice { font-weight: 600; } .small { color: var(--soft); font-size: .8rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line); } tbody th { text-align: left; font-weight: 500; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1rem; margin: 1rem 0; }
.gate { list-style: none; padding: 0; columns: 22rem; } .gate .ok { color: #2a7a4b; } .gate .bad { color: #c0392b; font-weight: 600; }
@media (prefers-color-scheme: dark) { .gate .ok { color: #6cc492; } .gate .bad { color: #ff8a75; } }
svg { width: 100%; max-width: 30rem; height: auto; } svg text { fill: var(--ink); font: 11px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
`;

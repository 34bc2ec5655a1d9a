import type { TrackOptions } from "../analyzers/track.ts";
import { type HotaCounts, hotaOf } from "../vision/hota.ts";
import { type MotCounts, motMetricsOf } from "../vision/mot_metrics.ts";

/** The figures of one sequence, or of all together; shares in percent. */
export interface TrackFigures {
  name: string;
  frames: number;
  hota: number;
  detA: number;
  assA: number;
  locA: number;
  mota: number;
  motp: number;
  idf1: number;
  idp: number;
  idr: number;
  tp: number;
  fp: number;
  fn: number;
  idsw: number;
  identities: { truth: number; tracked: number };
}

/** What `weir eval track --json` prints. */
export interface TrackReport {
  v: 1;
  method?: string;
  options?: TrackOptions;
  sequences: TrackFigures[];
  combined: TrackFigures;
}

/** What was counted of a sequence, or of all together. */
export interface Judged {
  name: string;
  frames: number;
  hota: HotaCounts;
  mot: MotCounts;
  identities: { truth: number; tracked: number };
}

/** The figures that follow from what was counted. */
export function figures({ name, frames, hota, mot, identities }: Judged): TrackFigures {
  const percent = (value: number) => Math.round(value * 1e4) / 100;
  const { hota: all, detA, assA, locA } = hotaOf(hota);
  const { mota, motp, idf1, idp, idr } = motMetricsOf(mot);
  return {
    name,
    frames,
    hota: percent(all),
    detA: percent(detA),
    assA: percent(assA),
    locA: percent(locA),
    mota: percent(mota),
    motp: percent(motp),
    idf1: percent(idf1),
    idp: percent(idp),
    idr: percent(idr),
    tp: mot.found,
    fp: mot.extra,
    fn: mot.missed,
    idsw: mot.switches,
    identities,
  };
}

const COLUMNS: readonly (readonly [title: string, of: (figures: TrackFigures) => string])[] = [
  ["HOTA", ({ hota }) => hota.toFixed(2)],
  ["DetA", ({ detA }) => detA.toFixed(2)],
  ["AssA", ({ assA }) => assA.toFixed(2)],
  ["MOTA", ({ mota }) => mota.toFixed(2)],
  ["IDF1", ({ idf1 }) => idf1.toFixed(2)],
  ["FP", ({ fp }) => String(fp)],
  ["FN", ({ fn }) => String(fn)],
  ["IDSW", ({ idsw }) => String(idsw)],
  ["identities", ({ identities }) => `${identities.tracked} of ${identities.truth}`],
  ["frames", ({ frames }) => String(frames)],
];

/** The report as a table. */
export function reportText({ method, sequences, combined }: TrackReport): string {
  const rows = sequences.length > 1 ? [...sequences, combined] : sequences;
  const cells = [
    [method ?? "", ...COLUMNS.map(([title]) => title)],
    ...rows.map((row) => [row.name, ...COLUMNS.map(([, of]) => of(row))]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  return cells.map((line) =>
    line.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
  ).join("\n");
}

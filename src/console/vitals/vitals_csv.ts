import type { VitalsRow } from "./vitals_record.ts";

/** A column: its name, with its unit, and what stands in it. */
type Column = readonly [name: string, value: (row: VitalsRow) => string | number | undefined];

const COLUMNS: readonly Column[] = [
  ["time", ({ atMs }) => new Date(atMs).toISOString()],
  ["epoch", ({ epoch }) => epoch],
  ["pts_s", ({ pts }) => Math.round(pts * 1000) / 1000],
  ["face", ({ track }) => track],
  ["bpm", ({ bpm }) => bpm],
  ["low_bpm", ({ interval }) => interval?.[0]],
  ["high_bpm", ({ interval }) => interval?.[1]],
  ["confidence", ({ confidence }) => confidence],
  ["snr_db", ({ snrDb }) => snrDb],
  ["method", ({ method }) => method],
  ["window_s", ({ windowS }) => windowS],
  ["skin", ({ skin }) => skin],
  ["red", ({ rgb }) => rgb?.[0]],
  ["green", ({ rgb }) => rgb?.[1]],
  ["blue", ({ rgb }) => rgb?.[2]],
  ["reasons", ({ reasons }) => reasons.join(" ")],
  // A table goes on its own ways, and this has to be said wherever it is read.
  ["notice", () => "not a medical device"],
];

/** Readings as a table for spreadsheets and scripts (RFC 4180); what was not known is empty. */
export function vitalsCsv(rows: readonly VitalsRow[]): string {
  const lines = rows.map((row) => COLUMNS.map(([, value]) => cell(value(row))).join(","));
  return [COLUMNS.map(([name]) => name).join(","), ...lines, ""].join("\r\n");
}

function cell(value: string | number | undefined): string {
  const text = `${value ?? ""}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
